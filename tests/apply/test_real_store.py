"""Plans through the real libsemanage: every action, applied, asked for, undone; and killed in the middle."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Dict, Iterator, Tuple

import pytest

from avcdoctor.apply.apply import apply
from avcdoctor.apply.machine import Machine, open_machine
from avcdoctor.apply.undo import state_of, undo, undone_by
from avcdoctor.errors import HistoryError
from avcdoctor.host.items import Item
from avcdoctor.host.store import PolicyStore
from avcdoctor.model import Action
from avcdoctor.plan.model import Plan
from avcdoctor.plan.preconditions import survey
from tests.apply.machines import make_file, needs_labels, snapshot
from tests.apply.reports import act, plan_of
from tests.host.real_store import everything, tree_state

pytestmark = [pytest.mark.bindings, pytest.mark.policy, pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = "/srv/site/a b.html"
SCRIPT = "/etc/check/check.sh"
CIL = "(allow httpd_t etc_runtime_t (file (append)))\n"
ADDED = (
    act("fcontext-add", pattern="/srv/site(/.*)?", type="httpd_sys_content_t", file_type="a"),
    act("fcontext-modify", pattern="/etc/motd", type="etc_runtime_t", file_type="f"),
    act("fcontext-equal-add", path="/srv/like", like="/var/www"),
    act("boolean-set", name="httpd_can_network_connect_db", value=True),
    act("port-add", protocol="tcp", low=8099, high=8099, type="http_port_t"),
    act("port-modify", protocol="tcp", low=8443, high=8443, type="ssh_port_t"),
    act("module-install", name="avcdoctor_real", cil=CIL),
    act("restorecon", path="/srv/site", recursive=True),
    act("file-move", path=SCRIPT, to="/usr/bin/check.sh"),
    act("restorecon", path="/usr/bin/check.sh", recursive=False),
    act("chown", path=PAGE, owner="0", group="0"),
    act("chmod", path=PAGE, mode="0640"),
    act("chcon-level", path=PAGE, level="s0:c1", recursive=False),
)
REMOVED = (
    act("fcontext-delete", pattern="/srv/site(/.*)?", file_type="a"),
    act("fcontext-equal-delete", path="/srv/like"),
    act("boolean-set", name="httpd_can_network_connect_db", value=False),
    act("port-delete", protocol="tcp", low=8099, high=8099),
    act("module-remove", name="avcdoctor_real"),
)
QUICK = tuple(action for action in ADDED if action.do != "module-install")  # a commit without linking: one second


@pytest.fixture
def machine(real_store: PolicyStore, tmp_path: Path) -> Iterator[Machine]:
    needs_labels(tmp_path)
    root = real_store.root
    root.chmod(0o755)
    os.chown(make_file(root, PAGE), 0, 12)
    make_file(root, SCRIPT, "system_u:object_r:etc_t:s0", "#!/bin/sh\n", 0o755)
    (root / "usr/bin").mkdir(parents=True, exist_ok=True)
    yield open_machine(str(root))


def plan(machine: Machine, actions: Tuple[Action, ...]) -> Plan:
    return survey(plan_of(*actions), machine)


def files(machine: Machine) -> Dict[str, Tuple[object, ...]]:
    """Everything below the root that is no part of the store or of the installed policy."""
    whole = snapshot(machine.root)
    return {name: state for name, state in whole.items() if not name.startswith(("var/lib/selinux", "etc/selinux"))}


def installed(machine: Machine) -> Dict[str, object]:
    """What the kernel and restorecon would load: the policy's rules, booleans and ports, and the file contexts.

    The order within a binary policy depends on how it was linked, so its bytes are not compared.
    """
    folder = machine.root / "etc/selinux" / machine.policy_type / "contexts/files"
    host = machine.host()
    policy = host.policy
    assert policy is not None
    found: Dict[str, object] = {
        "size": (host.info.types, host.info.rules),
        "booleans": dict(policy.booleans),
        "ports": {name: sorted(policy.ports_of(name)) for name in policy.types_with("port_type")},
        "rules": policy.allowed("httpd_t", "etc_runtime_t", "file"),
    }
    for name in ("file_contexts", "file_contexts.local", "file_contexts.homedirs", "file_contexts.subs"):
        text = (folder / name).read_text() if (folder / name).exists() else ""
        found[name] = sorted(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return found


def content(machine: Machine) -> Tuple[Dict[str, Tuple[object, ...]], Dict[Item, str], Dict[str, object]]:
    assert isinstance(machine.store, PolicyStore)
    return files(machine), everything(machine.store), installed(machine)


def test_every_action_applied_verified_undone(machine: Machine) -> None:
    host = (tree_state(Path("/etc/selinux")), tree_state(Path("/var/lib/selinux")))
    before = content(machine)
    outcome = apply(plan(machine, ADDED), machine)
    assert [finding for finding in outcome.findings if not finding.holds] == []
    middle = content(machine)
    assert len(middle[1]) == len(before[1]) + 7
    page = middle[0][PAGE[1:]]
    assert page[2] == 0
    assert page[3] == "unconfined_u:object_r:httpd_sys_content_t:s0:c1"
    assert middle[0]["usr/bin/check.sh"][3] == "system_u:object_r:bin_t:s0"
    policy = machine.host().policy
    assert policy is not None
    assert "append" in policy.allowed("httpd_t", "etc_runtime_t", "file")
    assert policy.port_types("tcp", 8099)[0][0] == "http_port_t"
    assert policy.port_types("tcp", 8443)[0][0] == "ssh_port_t"
    apply(plan(machine, REMOVED), machine)
    assert len(content(machine)[1]) == len(before[1]) + 3
    undo(machine)
    assert content(machine) == middle
    undo(machine, machine.history.numbers()[-3])
    assert content(machine) == before
    policy = machine.host().policy
    assert policy is not None
    assert "append" not in policy.allowed("httpd_t", "etc_runtime_t", "file")
    assert (tree_state(Path("/etc/selinux")), tree_state(Path("/var/lib/selinux"))) == host


def test_killed_in_the_middle_of_libsemanage(machine: Machine) -> None:
    """The history and the store survive a death at any time of a transaction, its commit included."""
    moments = random.Random(7)
    before = content(machine)
    killed = 0
    for actions, longest in [(QUICK, 1.2)] * 6 + [(ADDED, 7.0)] * 2:
        planned = plan(machine, actions)
        child = os.fork()
        if child == 0:
            try:
                apply(planned, machine)
            finally:
                os._exit(0)
        time.sleep(moments.uniform(0.05, longest))
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        transactions = [machine.history.load(number) for number in machine.history.numbers()]
        words = [state_of(one, machine, undone_by(transactions)) for one in transactions]
        assert all(word.startswith(("applied", "undone", "failed and", "interrupted")) for word in words)
        try:
            undo(machine)
        except HistoryError as error:
            assert "nothing to undo" in error.message
        assert content(machine) == before
    assert killed
