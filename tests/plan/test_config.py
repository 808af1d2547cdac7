"""Editing keepalived's configuration when a script is moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.actions.move import replace_words
from avcdoctor.errors import ApplyError, UsageError
from avcdoctor.host import open_host
from avcdoctor.plan import config
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.config import check_configuration, with_config_edits
from tests.apply.reports import label_incident, report, script_incident

OLD, NEW = "/etc/keepalived/check.sh", "/usr/libexec/keepalived/check.sh"


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        (f'script "{OLD}"', f'script "{NEW}"'),
        (f"script {OLD} -v", f"script {NEW} -v"),
        (f"script {OLD}.bak", f"script {OLD}.bak"),
        (f"script /old{OLD}", f"script /old{OLD}"),
        (f"a {OLD}\nb '{OLD}'", f"a {NEW}\nb '{NEW}'"),
        (f"{OLD}{OLD}", f"{OLD}{OLD}"),
        ("nothing", "nothing"),
    ],
)
def test_whole_paths_alone_are_replaced(text: str, edited: str) -> None:
    assert replace_words(text.encode(), OLD, NEW) == edited.encode()


def test_the_words_become_edits_of_every_file_that_names_the_script(tmp_path: Path) -> None:
    conf = tmp_path / "etc/keepalived"
    (conf / "more").mkdir(parents=True)
    (conf / "keepalived.conf").write_text(f'include more/*.conf\nvrrp_script a {{\n  script "{OLD}"\n}}\n')
    (conf / "more/b.conf").write_text(f"notify_master {OLD}\n")
    (conf / "more/c.conf").write_text("notify_backup /other\n")
    plan = make_plan(report(script_incident()), remedy=2)
    host = open_host(policy="reference", root=str(tmp_path))
    edited = with_config_edits(plan, host)
    edits = [action.parameters for action in edited.of("text-replace")]
    assert [edit["path"] for edit in edits] == ["/etc/keepalived/keepalived.conf", "/etc/keepalived/more/b.conf"]
    assert {(edit["old"], edit["new"]) for edit in edits} == {(OLD, NEW)}
    assert [action.parameters["unit"] for action in edited.of("service-restart")] == ["keepalived.service"]


def test_edits_need_a_move_and_a_configuration(tmp_path: Path) -> None:
    host = open_host(policy="reference", root=str(tmp_path))
    with pytest.raises(UsageError, match="moves a file"):
        with_config_edits(make_plan(report(label_incident())), host)
    with pytest.raises(UsageError, match="no keepalived configuration"):
        with_config_edits(make_plan(report(script_incident()), remedy=2), host)


@pytest.mark.parametrize(("code", "words"), [(0, "accepts"), (1, "refuses the edited configuration: bad")])
def test_keepalived_has_to_accept_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str) -> None:
    program = tmp_path / "keepalived"
    program.write_text(f'#!/bin/sh\n[ "$1" = -t ] || exit 9\necho bad >&2\nexit {code}\n')
    program.chmod(0o755)
    monkeypatch.setattr(config, "PROGRAM", program)
    if code:
        with pytest.raises(ApplyError, match=words):
            check_configuration(("/etc/keepalived/keepalived.conf",))
    else:
        assert words in check_configuration(("/etc/keepalived/keepalived.conf",))


def test_without_keepalived_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "PROGRAM", tmp_path / "none")
    assert "was not tested" in check_configuration(("/etc/keepalived/keepalived.conf",))
    assert check_configuration(("/etc/other.conf",)) == ""
