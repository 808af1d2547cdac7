"""Labels that the loaded policy does not know: SELINUX_ERR records, trawcon= and srawcon=, unlabeled things."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import CALLS, denied, diagnosed, kinds, words_of

STAMP = "msg=audit(1767225601.000:7):"


def error(operation: str, call: str = "", **fields: str) -> str:
    """A SELINUX_ERR record, with the system call it came from."""
    named = " ".join(f"{key}={value}" for key, value in fields.items())
    log = f"type=SELINUX_ERR {STAMP} op={operation} {named}\n"
    if call:
        log += (
            f"type=SYSCALL {STAMP} arch=c000003e syscall={CALLS.get(call, 1)} success=no exit=-13 items=0 pid=77 "
            'auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm="app" exe="/bin/app" '
            f"subj={fields.get('oldcontext', 'system_u:system_r:httpd_t:s0')} key=(null)\n"
        )
    return log


HTTPD = "system_u:system_r:httpd_t:s0"
SCRIPT = "system_u:system_r:httpd_sys_script_t:s0"
THREAD = error("security_bounded_transition", "write", seresult="denied", oldcontext=HTTPD, newcontext=SCRIPT)
AT_EXEC = error("security_bounded_transition", "execve", seresult="denied", oldcontext=HTTPD, newcontext=SCRIPT)
NO_CONTEXT = error(
    "security_compute_sid",
    invalid_context='"staff_u:staff_r:httpd_t:s0"',
    scontext="staff_u:staff_r:staff_t:s0",
    tcontext="system_u:object_r:httpd_exec_t:s0",
    tclass="process",
)
RELABEL = error(
    "security_validate_transition",
    seresult="denied",
    oldcontext="system_u:object_r:var_t:s0",
    newcontext="system_u:object_r:var_t:s0:c3",
    taskcontext="user_u:user_r:user_t:s0",
    tclass="file",
)
ODD_LABEL = error("setxattr", "write", invalid_context='"system_u:object_r:nosuch_t:s0"')


@pytest.mark.parametrize(
    ("log", "cause", "kind"),
    [
        (THREAD, "bounds", "constraint"),
        (AT_EXEC, "transition-blocked", "domain-transition"),
        (NO_CONTEXT, "invalid-context", "constraint"),
        (RELABEL, "constraint", "constraint"),
        (ODD_LABEL, "invalid-context", "app-fix"),
    ],
    ids=["a thread's bounds", "at execve", "no valid context", "validatetrans", "an unknown label"],
)
def test_errors_of_the_kernel_are_first_class(system: Host, log: str, cause: str, kind: str) -> None:
    incident = diagnosed(log, system)
    assert incident.finding.cause == cause
    assert kinds(incident)[0] == kind
    assert incident.finding.title
    assert incident.finding.why


def test_bounds_name_the_statement_that_declares_them(system: Host) -> None:
    assert "typebounds httpd_t httpd_sys_script_t;" in words_of(diagnosed(THREAD, system))


@pytest.mark.parametrize("field", ["trawcon", "srawcon"])
def test_a_label_whose_module_is_gone(system: Host, field: str) -> None:
    log = denied("redis_t", "unlabeled_t", "file", "read", name="a", tail=f" {field}=system_u:object_r:gone_t:s0")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "type-gone"
    assert kinds(incident)[0] == "package-update"
    assert "gone_t" in incident.finding.title
    assert "module" not in kinds(incident)


def test_two_files_of_the_same_lost_type_are_one_incident(system: Host) -> None:
    tail = " trawcon=system_u:object_r:gone_t:s0"
    log = denied("redis_t", "unlabeled_t", "file", "read", name="a", tail=tail)
    log += denied("redis_t", "unlabeled_t", "dir", "search", name="b", tail=tail, serial=2)
    assert diagnosed(log, system).denials == 2


@pytest.mark.parametrize(("tclass", "what"), [("packet", "traffic"), ("key", "key")])
def test_things_without_a_label(system: Host, tclass: str, what: str) -> None:
    log = denied("sshd_t", "system_u:object_r:unlabeled_t:s0", tclass, "recv" if tclass == "packet" else "search")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "unlabeled"
    assert what in incident.finding.title
    assert kinds(incident)[0] != "module"


def test_a_file_that_is_plainly_unlabeled_is_a_matter_of_labels(system: Host) -> None:
    log = denied("redis_t", "unlabeled_t", "file", "read", comm="redis-server", path="/var/lib/redis/dump.rdb")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "wrong-label"
    assert kinds(incident)[0] == "restorecon"
