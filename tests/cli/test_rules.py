import pytest

from avcdoctor import api
from avcdoctor.cli import main as command

AVC = (
    'type=AVC msg=audit(1754989442.101:501): avc:  denied  { %s } for  pid=7 comm="tool" path="/srv/x" dev="vda2" '
    "scontext=system_u:system_r:tool_t:s0 tcontext=system_u:object_r:var_t:s0 tclass=file permissive=0"
)
PACK = """\
service: tool
title: tool, for tests
rules:
  - id: TOOL001
    title: tool may not write {object}
    when: {source: [tool_t, "re:tool.+"], permissions: write}
    because: tool writes to {object}.
    remedies:
      - kind: fcontext
        title: label {object}
        type: tool_rw_t
        steps: [restart tool]
    warnings: [take care]
    never: [no chmod 777]
    see: [tool(8)]
    examples:
      match:
        - "MATCH"
      benign:
        - "BENIGN"
"""


def pack(match="write", benign="read"):
    quoted = AVC.replace('"', '\\"')
    return PACK.replace("MATCH", quoted % match).replace("BENIGN", quoted % benign)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The host's own rule directory, empty."""
    monkeypatch.setattr(api, "USER_RULES", tmp_path / "rules.d")
    (tmp_path / "rules.d").mkdir()
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path / "rules.d"


def test_list_names_shipped_and_own_rules(own, capsys):
    (own / "tool.yaml").write_text(pack())
    assert command.main(["rules"]) == 0
    shown = capsys.readouterr().out
    assert "KEEPALIVED001" in shown
    assert "TOOL001  tool may not write OBJECT" in shown


def test_a_broken_file_is_told_and_the_others_still_load(own, capsys):
    (own / "broken.yaml").write_text("service: broken\ntitle: [\n")
    (own / "tool.yaml").write_text(pack())
    assert command.main(["rules"]) == 3
    shown = capsys.readouterr()
    assert "TOOL001" in shown.out
    assert f"{own}/broken.yaml:3:1:" in shown.err


def test_show_prints_prose(own, capsys, snapshot):
    (own / "tool.yaml").write_text(pack())
    assert command.main(["rules", "show", "tool001"]) == 0
    assert capsys.readouterr().out.replace(str(own), "DIR") == snapshot


def test_show_of_an_unknown_rule_names_its_neighbours(own, capsys):
    (own / "tool.yaml").write_text(pack())
    assert command.main(["rules", "show", "TOOL002"]) == 2
    assert capsys.readouterr().err == "avcdoctor: there is no rule 'TOOL002' (there are TOOL001)\n"


def test_more_rules_come_from_a_directory(own, tmp_path, capsys):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "tool.yaml").write_text(pack())
    assert command.main(["rules", "--rules", str(tmp_path / "more"), "show", "TOOL001"]) == 0
    assert command.main(["rules", "--rules", str(tmp_path / "none"), "show", "TOOL001"]) == 3


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (pack(), 0, "1 file checked: no errors"),
        (pack(match="read"), 3, "TOOL001: an example should match and does not: type=AVC"),
        (pack(benign="write"), 3, "TOOL001: matches its benign one: type=AVC"),
        (pack(benign="read").replace("tclass=file", "tclass="), 3, "TOOL001: an example can't be read"),
        (PACK.replace("MATCH", "nothing").replace("BENIGN", "x"), 3, "TOOL001: an example holds no denial: nothing"),
        (pack().replace("because: tool", "becuase: tool"), 3, "tool.yaml:7:5:"),
    ],
)
def test_check(tmp_path, capsys, text, code, words):
    (tmp_path / "tool.yaml").write_text(text)
    assert command.main(["rules", "check", str(tmp_path / "tool.yaml")]) == code
    shown = capsys.readouterr()
    assert words in shown.out + shown.err
