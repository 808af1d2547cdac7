import json
import os
from pathlib import Path

import jsonschema
import pytest

from avcdoctor.cli import main as command

SCHEMA = json.loads((Path(command.__file__).parents[1] / "render/path.schema.json").read_text())


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/false\n")
    (tmp_path / "home" / "me").mkdir(parents=True)
    (tmp_path / "home" / "me").chmod(0o700)
    (tmp_path / "opt").symlink_to("/home")
    return tmp_path


def run(capsys, *words):
    code = command.main(["path", *words])
    return code, capsys.readouterr()


@pytest.mark.parametrize("asked", ["/etc/passwd", "/opt/me/x", "/nothing", "/etc/passwd/x"])
@pytest.mark.parametrize("purpose", ["read", "write", "execute", "search", "chroot"])
def test_json_answers_to_its_schema(capsys, root, asked, purpose):
    code, said = run(capsys, asked, "--root", str(root), "--user", "web", "--for", purpose, "--format", "json")
    answer = json.loads(said.out)
    jsonschema.validate(answer, SCHEMA)
    assert code == (0 if answer["allowed"] else 1)


def test_the_component_that_stops_is_named(capsys, root):
    code, said = run(capsys, "/opt/me/x", "--root", str(root), "--user", "web")
    assert code == 1
    assert "/opt -> /home" in said.out
    assert said.out.startswith("Stopped by owner, mode or ACL (DAC) with EACCES: web may not enter /")


def test_a_domain_that_nobody_knows_is_no_all_clear(capsys, root):
    code, said = run(capsys, "/etc/passwd", "--root", str(root), "--policy", "reference", "--as", "keepalive_t")
    assert code == 2
    assert "keepalived_t" in said.err


def test_without_a_domain_the_answer_says_what_was_not_asked(capsys, root):
    (root).chmod(0o755)
    code, said = run(capsys, "/etc/passwd", "--root", str(root), "--user", "web")
    assert code == 0
    assert "not asked: mount, SELinux" in " ".join(said.out.split())


def test_a_service_brings_its_user(capsys, root):
    (root).chmod(0o755)
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "etc/systemd/system/till.service").write_text(
        "[Service]\nUser=web\nExecStart=/usr/bin/till\nSELinuxContext=system_u:system_r:keepalived_t:s0\n"
    )
    words = ("/home/me/x", "--root", str(root), "--policy", "reference", "--format", "json")
    code, said = run(capsys, *words, "--as", "till")
    assert code == 1
    who = json.loads(said.out)["subject"]
    assert (who["user"], who["domain"]) == ("web", "keepalived_t")
    assert "till.service" in who["told_by"]
    assert json.loads(run(capsys, *words, "--as", "till", "--user", "root")[1].out)["subject"]["user"] == "root"


def test_hostile_names_are_shown_not_sent(capsys, root):
    name = os.fsdecode(b"a\x1b]0;x\x07\nb\xff")
    (root / name).mkdir()
    code, said = run(capsys, f"/{name}", "--root", str(root), "-v")
    assert code == 0
    assert "\x1b" not in said.out
    assert "\\x1b" in said.out
    code, said = run(capsys, f"/{name}", "--root", str(root), "--format", "json")
    assert os.fsencode(json.loads(said.out)["components"][-1]["path_bytes"]) == b"/a\x1b]0;x\x07\nb\xff"


def test_the_hosts_files_stay_out_of_an_offline_root(capsys, root):
    (root / "escape").symlink_to("/" + "../" * 9 + "etc/hostname")
    code, said = run(capsys, "/escape", "--root", str(root), "--format", "json")
    assert code == 1
    assert json.loads(said.out)["end"] == "missing"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["/etc", "--for", "juggle"], "--for takes"),
        (["/etc", "--format", "xml"], "text and json"),
        (["/etc", "--user", "no-such-user"], "no user"),
        (["a\0b"], "no file can have"),
    ],
)
def test_bad_input_is_one_clear_line(capsys, words, complaint):
    code, said = run(capsys, *words)
    assert code == 2
    assert complaint in said.err
    assert said.err.count("\n") == 1


def test_a_root_that_is_not_there(capsys):
    assert run(capsys, "/etc", "--root", "/nowhere")[0] == 3
