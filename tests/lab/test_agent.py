"""The program inside the guest answers with output and exit code, and waits for nothing left in the background."""

from __future__ import annotations

import base64
import time
from typing import Tuple

import pytest

from lab import agent


def ask(script: str) -> Tuple[int, str]:
    name, code, output = agent.answer(b"c7 " + base64.b64encode(script.encode())).rstrip(b"\n").split(b" ")
    assert name == b"c7"
    return int(code), base64.b64decode(output).decode()


def test_output_and_exit_code() -> None:
    assert ask("echo one; echo two >&2; exit 3") == (3, "one\ntwo\n")


def test_much_output_arrives_whole() -> None:
    code, output = ask("head -c 300000 /dev/zero | tr '\\0' x")
    assert (code, len(output)) == (0, 300000)


def test_a_service_left_in_the_background_is_not_waited_for() -> None:
    begun = time.monotonic()
    code, output = ask("sleep 30 & echo started")
    assert (code, output) == (0, "started\n")
    assert time.monotonic() - begun < 10


def test_a_script_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "SECONDS", 0.3)
    code, output = ask("echo begun; exec sleep 30")
    assert (code, output) == (124, "begun\n")
