"""`avcdoctor tail` as a process: what it says, and that nothing is lost or doubled on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

ROOT = Path(__file__).parents[2]


def vector(number: int, source: str = "httpd_t", target: str = "user_home_t") -> bytes:
    return (
        f"type=AVC msg=audit(17000{number // 1000:05d}.{number % 1000:03d}:{number}): avc:  denied  {{ read }} for  "
        f'pid=5 comm="app" name="index.html" dev="dm-0" ino=9 scontext=system_u:system_r:{source}:s0 '
        f"tcontext=unconfined_u:object_r:{target}:s0 tclass=file permissive=0\n"
        f"type=SYSCALL msg=audit(17000{number // 1000:05d}.{number % 1000:03d}:{number}): arch=c000003e syscall=257 "
        f'success=no exit=-13 pid=5 comm="app" exe="/usr/sbin/app" subj=system_u:system_r:{source}:s0 key=(null)\n'
        f"type=PROCTITLE msg=audit(17000{number // 1000:05d}.{number % 1000:03d}:{number}): proctitle=617070\n"
    ).encode()


class Tail:
    """A running `avcdoctor tail --format json`."""

    def __init__(self, *arguments: str, stdin: Optional[int] = None) -> None:
        argv = [sys.executable, "-m", "avcdoctor", "tail", "--policy", "reference", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            argv, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=ROOT
        )

    def wait_ready(self, saved: Path) -> None:
        """Until the first checkpoint, or the process has opened the log."""
        limit = time.monotonic() + 20
        links = Path(f"/proc/{self.process.pid}/fd")
        while time.monotonic() < limit:
            try:
                if any(os.path.realpath(link) == str(saved) for link in links.iterdir()):
                    time.sleep(0.1)
                    return
            except OSError:
                pass  # the process is still starting
            time.sleep(0.02)
        raise AssertionError("tail did not open the log")

    def stop(self, number: int = signal.SIGTERM) -> tuple[List[Dict[str, Any]], str, int]:
        """End it and give its objects, its standard error and its exit code."""
        self.process.send_signal(number)
        return self.result()

    def result(self) -> tuple[List[Dict[str, Any]], str, int]:
        out, err = self.process.communicate(timeout=60)
        return [json.loads(line) for line in out.splitlines()], err.decode(), self.process.returncode


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "audit.log"
    file.touch()
    return file


def append(log: Path, data: bytes) -> None:
    with log.open("ab", buffering=0) as file:
        file.write(data)


def of(objects: List[Dict[str, Any]], what: str) -> List[Dict[str, Any]]:
    return [one for one in objects if one["what"] == what]


def test_a_new_incident_is_told_once_and_counted_after(log: Path) -> None:
    tail = Tail(str(log), "--format", "json", "--every", "1s")
    tail.wait_ready(log)
    append(log, vector(1))
    time.sleep(2.5)
    for number in range(2, 12):
        append(log, vector(number))
    time.sleep(2.5)
    objects, error, code = tail.stop()
    assert code == 0, error
    told = of(objects, "incident") + of(objects, "group")
    assert len(told) == 1
    assert sum(sum(one["again"].values()) for one in of(objects, "counts")) == 10
    assert of(objects, "summary")[0]["denials"] == 11


def test_standard_input_ends_with_a_summary() -> None:
    tail = Tail("-", "--format", "json", stdin=subprocess.PIPE)
    assert tail.process.stdin is not None
    tail.process.stdin.write(b"".join(vector(number) for number in range(20)))
    objects, error, code = tail.result()
    assert code == 1, error
    assert of(objects, "summary")[0]["denials"] == 20


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (b"", 3, "standard input is empty"),
        (b"%PDF-1.4 \xff\n", 3, "standard input holds no audit records"),
        (b"just some prose\n", 3, "standard input holds no audit records"),
        (vector(1)[:120], 3, "1 line could not be read"),
        (b"type=SERVICE_START msg=audit(1700000000.001:7): pid=1 uid=0 res=success\n", 0, "0 denials"),
        (vector(1), 1, "1 denial in 1 group"),
    ],
)
def test_an_input_that_ends_is_fine_only_if_it_was_read_and_held_nothing(data: bytes, code: int, told: str) -> None:
    tail = Tail("-", "--format", "text", stdin=subprocess.PIPE)
    assert tail.process.stdin is not None
    tail.process.stdin.write(data)
    _, error = tail.process.communicate(timeout=60)
    assert (tail.process.returncode, told in error.decode()) == (code, True), error


def test_a_followed_file_that_is_no_log_is_told(log: Path) -> None:
    log.write_bytes(b"just some prose\n" * 9)
    tail = Tail(str(log), "--from-start")
    tail.wait_ready(log)
    _, error, code = tail.stop()
    assert code == 3
    assert f"{log} holds no audit records" in error


def test_ctrl_c_ends_with_a_summary(log: Path) -> None:
    tail = Tail(str(log))
    tail.wait_ready(log)
    append(log, vector(1))
    time.sleep(0.2)
    tail.process.send_signal(signal.SIGINT)
    out, err = tail.process.communicate(timeout=60)
    assert tail.process.returncode == 130
    assert b"httpd_t" in out
    assert b"1 denial in 1 group" in err
    assert b"Traceback" not in err


def test_a_reader_that_leaves_is_no_error(log: Path) -> None:
    tail = Tail(str(log))
    tail.wait_ready(log)
    assert tail.process.stdout is not None
    tail.process.stdout.close()
    append(log, vector(1))
    assert tail.process.wait(timeout=60) == 141
    assert tail.process.stderr is not None
    assert b"Traceback" not in tail.process.stderr.read()


def test_a_checkpoint_counts_each_denial_once(log: Path, tmp_path: Path) -> None:
    saved = tmp_path / "state.json"
    total = 0
    for turn in range(3):
        for number in range(turn * 100, turn * 100 + 30):
            append(log, vector(number))
        start = [] if turn else ["--from-start"]
        tail = Tail(str(log), "--format", "json", "--checkpoint", str(saved), *start)
        tail.wait_ready(log)
        append(log, vector(turn * 100 + 50))
        time.sleep(0.8)
        objects, error, code = tail.stop()
        assert code == 0, error
        total += of(objects, "summary")[0]["denials"]
        if turn == 1:
            log.rename(log.with_name("audit.log.1"))
    assert total == 3 * 31


def test_waiting_costs_nothing(log: Path) -> None:
    tail = Tail(str(log))
    tail.wait_ready(log)
    time.sleep(0.3)
    stat = Path(f"/proc/{tail.process.pid}/stat")
    before = sum(int(word) for word in stat.read_text().rsplit(")", 1)[1].split()[11:13])
    time.sleep(3)
    after = sum(int(word) for word in stat.read_text().rsplit(")", 1)[1].split()[11:13])
    tail.process.terminate()
    tail.process.communicate(timeout=30)
    assert after - before <= 1  # hundredths of a second


@pytest.mark.slow
def test_a_hundred_rotations_under_load(log: Path) -> None:
    """Events in equal events out, though the log is rotated away every few milliseconds.

    Every rotated file is kept: what is deleted before a busy machine gets to it is lost to any follower.
    """
    tail = Tail(str(log), "--format", "json")
    tail.wait_ready(log)
    number = 0
    for turn in range(100):
        with log.open("ab", buffering=0) as file:
            for _ in range(100):
                file.write(vector(number))
                number += 1
            for old in range(turn, 0, -1):
                path = log.with_name(f"audit.log.{old}")
                if path.exists():
                    path.rename(log.with_name(f"audit.log.{old + 1}"))
            log.rename(log.with_name("audit.log.1"))
            if turn % 3 == 0:  # the writer lingers
                file.write(vector(number))
                number += 1
        log.touch()
        time.sleep(0.02)
    time.sleep(1.5)
    objects, error, code = tail.stop()
    assert code == 0, error
    assert of(objects, "summary")[0]["denials"] == number
    assert of(objects, "summary")[0]["unreadable"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "xml"],
        ["--journal", "-"],
        ["-", "--checkpoint", "x"],
        ["--every", "soon"],
        ["--journal", "--plugin"],
    ],
)
def test_options_that_make_no_sense(arguments: List[str]) -> None:
    tail = Tail(*arguments)
    out, err = tail.process.communicate(timeout=60)
    assert tail.process.returncode == 2
    assert out == b""
    assert err.count(b"\n") == 1


def test_files_for_auditd_and_systemd_name_real_options() -> None:
    from typer.testing import CliRunner  # noqa: PLC0415 - only this test reads the help

    from avcdoctor.cli.main import build  # noqa: PLC0415 - likewise

    helped = CliRunner().invoke(build(["tail"]), ["tail", "--help"]).output
    plugin = (ROOT / "packaging/auditd/avcdoctor.conf").read_text("utf-8")
    settings = dict(line.split(" = ", 1) for line in plugin.splitlines() if " = " in line and not line.startswith("#"))
    assert settings["active"] == "no"
    assert settings["format"] == "string"
    assert len(settings["args"].split()) <= 2  # auditd-plugins(5)
    unit = (ROOT / "packaging/systemd/avcdoctor-tail.service").read_text("utf-8")
    (command,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    for option in [word for word in (*settings["args"].split(), *command.split()) if word.startswith("--")]:
        assert option in helped
