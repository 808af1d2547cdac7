"""Killed at any moment: the history says what state the machine is in, and undo restores it."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from functools import partial
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple

import pytest

from avcdoctor.apply.apply import apply
from avcdoctor.apply.undo import standing, state_of, undo, undone_by
from avcdoctor.errors import HistoryError
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.model import Plan
from tests.apply.machines import TestMachine, fake, make_file, make_machine, needs_labels, snapshot
from tests.apply.reports import act, boolean_incident, holding, port_incident, report, unasked
from tests.privileges import needs_root

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SCRIPT = "/etc/keepalived/check.sh"
TO = "/usr/libexec/keepalived/new/check.sh"
STORE = "var/lib/selinux/default/store.json"
MUTATIONS = ("os.rename", "os.remove", "os.setxattr", "os.removexattr", "os.link", "os.mkdir", "os.chmod", "os.chown")


def plan() -> Plan:
    """Every kind of change: the store, a move with an edit, labels of a tree, a mode and an owner."""
    actions = (
        act("file-move", path=SCRIPT, to=TO),
        act("text-replace", path="/etc/keepalived/keepalived.conf", old=SCRIPT, new=TO),
        act("restorecon", path="/usr/libexec/keepalived", recursive=True),
        act("chmod", path="/etc/keepalived/keepalived.conf", mode="0600"),
        act("chown", path="/usr/libexec/keepalived", owner="0", group="0"),
    )
    return holding(make_plan(report(unasked(boolean_incident()), unasked(port_incident()))), *actions)


def build(root: Path) -> TestMachine:
    machine = make_machine(root)
    root.chmod(0o755)
    make_file(root, SCRIPT, "system_u:object_r:etc_t:s0", "#!/bin/sh\n", 0o755)
    make_file(root, "/etc/keepalived/keepalived.conf", "system_u:object_r:etc_t:s0", f'script "{SCRIPT}"\n')
    for number in range(4):
        make_file(root, f"/usr/libexec/keepalived/{number}.sh", "system_u:object_r:user_home_t:s0")
    os.chown(machine.root / "usr/libexec/keepalived", 0, 12)
    return machine


def content(machine: TestMachine) -> Tuple[Dict[str, Tuple[object, ...]], Dict[str, str]]:
    files = {name: state for name, state in snapshot(machine.root).items() if name != STORE}
    return files, fake(machine).content()


def mutations(limit: Optional[int]) -> Callable[[], int]:
    """Count the operations that change something; at the one numbered `limit`, die before it is done.

    A file opened for writing counts as well as each rename, label, mode and so on (audit events of Python).
    """
    seen = [0]

    def hook(event: str, arguments: Tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
        if event in MUTATIONS or writes:
            if seen[0] == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            seen[0] += 1

    sys.addaudithook(hook)
    return lambda: seen[0]


def in_child(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> int:
    """Run in a forked process and return its wait status; the hook above can't be taken off, so it stays there."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            before()
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def count(work: Callable[[], object]) -> int:
    """How many operations change something while `work` runs to its end."""
    reader, writer = os.pipe()

    def counted() -> None:
        total = mutations(None)
        work()
        os.write(writer, str(total()).encode())

    assert in_child(counted) == 0
    os.close(writer)
    with os.fdopen(reader) as stream:
        return int(stream.read())


def check_history(machine: TestMachine) -> None:
    """Every record can be read, and what it says of an interrupted transaction is what the machine shows."""
    transactions = [machine.history.load(number) for number in machine.history.numbers()]
    undone = undone_by(transactions)
    for transaction in transactions:
        words = state_of(transaction, machine, undone)
        if transaction.state == "working":
            items = standing(transaction, machine)
            done = sum(item.now == "in place" for item in items)
            assert words == (
                f"interrupted: {done} of {len(items)} changes are in place"
                if done
                else "interrupted: nothing of it is in place"
            )
            assert all(item.now != "changed by something else" for item in items)


def recover(machine: TestMachine) -> None:
    check_history(machine)
    try:
        undo(machine)
    except HistoryError as error:
        assert "nothing to undo" in error.message
    transactions = [machine.history.load(number) for number in machine.history.numbers()]
    assert all(transaction.state in ("applied", "rolled-back") for transaction in transactions)


@pytest.fixture
def roots(tmp_path: Path) -> Iterator[Callable[[], TestMachine]]:
    needs_labels(tmp_path)
    made: List[TestMachine] = []

    def another() -> TestMachine:
        made.append(build(tmp_path / f"root{len(made)}"))
        return made[-1]

    yield another


@needs_root
def test_killed_before_any_operation_of_an_apply(roots: Callable[[], TestMachine]) -> None:
    apply(plan(), roots())  # what is written once only, such as a cache, is there
    total = count(partial(apply, plan(), roots()))
    assert total > 60
    for limit in range(total):
        machine = roots()
        before = content(machine)
        assert in_child(partial(apply, plan(), machine), partial(mutations, limit)) == signal.SIGKILL
        recover(machine)
        assert content(machine) == before, f"killed before operation {limit}"


@needs_root
def test_killed_before_any_operation_of_an_undo(roots: Callable[[], TestMachine]) -> None:
    first = roots()
    apply(plan(), first)
    total = count(lambda: undo(first))
    assert total > 30
    for limit in range(total):
        machine = roots()
        before = content(machine)
        apply(plan(), machine)
        assert in_child(partial(undo, machine), partial(mutations, limit)) == signal.SIGKILL
        recover(machine)
        assert content(machine) == before, f"killed before operation {limit}"


@needs_root
def test_killed_at_random_times(roots: Callable[[], TestMachine]) -> None:
    """Two hundred moments by the clock, so that a death within a system call is met as well."""
    machine = roots()
    began = time.monotonic()
    assert in_child(lambda: apply(plan(), machine)) == 0
    length = time.monotonic() - began
    moments = random.Random(20261122)
    killed = 0
    for _ in range(200):
        machine = roots()
        before = content(machine)
        child = os.fork()
        if child == 0:
            try:
                apply(plan(), machine)
            finally:
                os._exit(0)
        time.sleep(moments.uniform(0, length))
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        recover(machine)
        assert content(machine) == before
    assert killed > 50
