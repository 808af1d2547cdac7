"""Each new incident goes to a command: by argv, as JSON, not too often, and without anything of the log around it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, List

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.tail.notify import MOST, Notifier
from tests.tail.test_tail import Tail, of, vector

SCRIPT = """#!/bin/sh
{ env; cat; echo "$@"; } >>%s
exit %d
"""


@pytest.fixture
def command(tmp_path: Path) -> Path:
    script = tmp_path / "told.sh"
    script.write_text(SCRIPT % (tmp_path / "told", 0))
    script.chmod(0o755)
    return script


def lines(tmp_path: Path) -> List[str]:
    return (tmp_path / "told").read_text().splitlines()


def test_json_argv_and_an_environment_of_its_own(
    tmp_path: Path, command: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    hostile = {"id": "ab12", "rank": "danger", "title": "$(touch /tmp/owned)\\n`id`"}
    Notifier(f"{command}  --to  me;ls").tell(hostile)
    told = lines(tmp_path)
    (document,) = [json.loads(line) for line in told if line.startswith("{")]
    assert document == {"what": "incident", "held_back": 0, **hostile}
    assert told[-1] == "--to me;ls"
    names = {line.split("=")[0] for line in told if "=" in line and not line.startswith("{")}
    assert {"PATH", "LC_ALL", "AVCDOCTOR_INCIDENT", "AVCDOCTOR_RANK"} <= names
    assert "SECRET" not in names
    assert "AVCDOCTOR_RANK=danger" in told


def test_not_too_often_and_the_next_call_says_how_many_were_held_back(tmp_path: Path, command: Path) -> None:
    now = [100.0]
    notifier = Notifier(str(command), clock=lambda: now[0])
    for number in range(MOST + 7):
        notifier.tell({"id": str(number), "rank": "blocked"})
    assert notifier.held_back == 7
    now[0] += 61
    notifier.tell({"id": "later", "rank": "blocked"})
    documents = [json.loads(line) for line in lines(tmp_path) if line.startswith("{")]
    assert [one["id"] for one in documents] == [*map(str, range(MOST)), "later"]
    assert documents[-1]["held_back"] == 7
    assert notifier.held_back == 0


def test_a_command_that_fails_is_told_once(tmp_path: Path, capsys: Any) -> None:
    script = tmp_path / "bad.sh"
    script.write_text(SCRIPT % (tmp_path / "told", 3))
    script.chmod(0o755)
    notifier = Notifier(str(script))
    for _ in range(3):
        notifier.tell({"id": "a", "rank": "blocked"})
    assert capsys.readouterr().err == f"--on-incident: {script}: it failed with exit code 3\n"


@pytest.mark.parametrize("command", ["", "  ", "no-such-program-anywhere -x"])
def test_a_command_that_is_not_there(command: str) -> None:
    with pytest.raises(UsageError, match="there is no program"):
        Notifier(command)


def test_tail_tells_the_command_and_knows_what_is_ignored(tmp_path: Path, command: Path) -> None:
    log, known = tmp_path / "audit.log", tmp_path / "known.yaml"
    log.write_bytes(vector(1) + vector(2, target="shadow_t") + vector(3, source="named_t"))
    known.write_text("- {reason: ours, target: user_home_t, source: httpd_t}\n")
    with log.open("rb") as stream:
        tail = Tail(
            "-", "--format", "json", "--ignore", str(known), "--on-incident", str(command), stdin=stream.fileno()
        )
        objects, _, code = tail.result()
    assert code == 1
    told = {one["id"] for one in of(objects, "incident")}
    groups = [group for one in of(objects, "incident") for group in one["groups"]]
    assert groups
    assert not any((one["source"], one["target"]) == ("httpd_t", "user_home_t") for one in groups)
    assert {json.loads(line)["id"] for line in lines(tmp_path) if line.startswith("{")} == told
    assert of(objects, "summary")[0]["ignored_groups"] == 1
    assert of(objects, "summary")[0]["denials"] == 3
    assert os.access(command, os.X_OK)
