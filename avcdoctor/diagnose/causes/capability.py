"""Capabilities: what root may do beyond files' owners and modes, and why a service should rarely need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Denial, PathRecord, Proposal, RuledOut

if TYPE_CHECKING:
    from avcdoctor.model.proposals import Dac


_MEANING = {
    "chown": "change the owner of files it does not own",
    "dac_override": "read and write files whatever their owner and mode say",
    "dac_read_search": "read files and go through directories whatever their owner and mode say",
    "fowner": "act as the owner of files it does not own",
    "fsetid": "keep set-uid bits on files it changes",
    "kill": "signal processes of other users",
    "setuid": "become another user",
    "setgid": "become another group",
    "setpcap": "change its set of capabilities",
    "net_bind_service": "listen on ports below 1024",
    "net_admin": "change network settings (interfaces, routes, large socket buffers)",
    "net_raw": "send raw packets, as ping does",
    "sys_module": "load kernel modules",
    "sys_rawio": "reach hardware past the kernel",
    "sys_chroot": "change its root directory",
    "sys_ptrace": "look into other users' processes",
    "sys_admin": "do many of root's tasks: mounts, namespaces, quotas",
    "sys_nice": "raise its priority",
    "sys_resource": "exceed resource limits",
    "sys_time": "set the clock",
    "mknod": "make device files",
    "audit_write": "write to the audit log",
    "audit_control": "change audit rules",
    "mac_admin": "set labels the policy does not know",
    "syslog": "read the kernel's messages",
    "bpf": "load eBPF programs",
    "perfmon": "watch system performance",
    "checkpoint_restore": "save and restore processes",
    "block_suspend": "keep the system from sleeping",
    "wake_alarm": "wake the system",
    "linux_immutable": "set the immutable flag",
    "ipc_lock": "lock memory",
    "ipc_owner": "use other users' shared memory",
    "lease": "take leases on files",
    "setfcap": "give files capabilities",
    "sys_tty_config": "configure terminals",
    "sys_boot": "reboot the machine",
    "sys_pacct": "do process accounting",
}
_DAC = frozenset({"dac_override", "dac_read_search", "fowner"})


PAGES = (
    Page(
        "ownership",
        "owner or mode, not the label",
        "The process needs a capability because the file belongs to somebody else.",
        "dac_override or dac_read_search, and the owner and mode of the path",
        "put owner and mode right; the capability would open every file of the machine",
    ),
    Page(
        "unknown-label",
        "a label the policy does not know",
        "The object carries a label of another policy or system.",
        "a type that no policy at hand has",
        "restore the labels; on a foreign disk, mount with context=",
    ),
)


@cause(70, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain a capability; owner and mode lead where the capability only bypasses them."""
    if case.tclass not in ("capability", "cap_userns", "capability2", "cap2_userns"):
        return None
    if case.permissions & _DAC:
        return _ownership(case)
    if "mac_admin" in case.permissions and not case.comm.startswith("apparmor"):
        return _unknown_label(case)  # AppArmor asks for it as well, to load its profiles
    return None


def meaning(case: Case) -> str:
    """What the denied capabilities are for, in words; empty when it is no capability."""
    if not case.tclass.startswith("cap"):
        return ""
    known = [f"{name}: {_MEANING[name]}" for name in sorted(case.permissions) if name in _MEANING]
    return "; ".join(known)


def _ownership(case: Case) -> Optional[Diagnosis]:
    """dac_override and dac_read_search: root stumbles over owner or mode, and the file is the thing to put right."""
    denial, record = _stumbled_over(case)
    if record is not None and _of_the_kernel(record):
        return None
    if record is not None and _own_file(denial, record):
        return None
    capability = " ".join(sorted(case.permissions & _DAC))
    evidence: Tuple[str, ...] = ()
    where = "a file"
    if record is not None:
        where = record.name
        mode = "" if record.mode is None else f", mode {record.mode & 0o7777:04o}"
        evidence = (f"{record.name}: owner {record.owner or '?'}, group {record.group or '?'}{mode}",)
        evidence += (f"the process: uid {denial.uid}",) if denial.uid else ()
    why = (
        f"{case.program} runs as root but owner and mode of {where} do not let it in, so it would need {capability}, "
        "the power to pass over them. The kernel asks SELinux only after owner and mode have said no: they are the "
        "fault."
    )
    if record is None:
        why += " The log does not say which file: it has no PATH record."
    return Diagnosis(
        cause="ownership",
        title=f"{case.program} stumbles over owner or mode of {where}",
        why=why,
        root=("ownership", case.source),
        evidence=evidence,
        ruled_out=(
            RuledOut("module", f"allowing {capability} would let {case.source} pass over owner and mode of every file"),
        ),
        proposals=(Proposal("dac", _file(case, denial, record)),),
        final=True,
    )


def _file(case: Case, denial: Denial, record: Optional[PathRecord]) -> Dac:
    """What a change of group and mode needs to know of the file; only steps where root is not the one who stumbles."""
    steps = _find_steps(case, record)
    if record is None or not record.raw.startswith("/") or not _is_root(denial.uid) or _is_root(record.owner):
        return {"steps": steps}
    return {
        "steps": steps,
        "path": record.raw,
        "owner": record.owner,
        "group": record.group,
        "mode": record.mode or 0,
        "writes": "dac_read_search" not in case.permissions,
    }


def _stumbled_over(case: Case) -> Tuple[Denial, Optional[PathRecord]]:
    """The denial with PATH records, and the record whose owner or mode is in the way."""
    for denial in case.denials:
        blocking = [record for record in denial.paths if record.mode is not None and _blocks(denial, record)]
        named = blocking or [record for record in denial.paths if record.mode is not None]
        if named:
            return denial, named[-1] if not blocking else blocking[-1]
    return case.denial, None


def _is_root(text: str) -> bool:
    return text in ("0", "root")


def _blocks(denial: Denial, record: PathRecord) -> bool:
    """Whether the mode refuses something to the process, taking it for the owner or for somebody else."""
    mode = record.mode or 0
    owner = denial.uid == record.owner or (_is_root(denial.uid) and _is_root(record.owner))
    bits = mode >> 6 & 7 if owner else mode & 7
    return bits & 6 != 6


def _of_the_kernel(record: PathRecord) -> bool:
    """Whether the kernel makes the file up, by its path or its label (a sandbox has /proc below its own root)."""
    parts = record.context.split(":")
    type_ = parts[2] if len(parts) > 2 else ""
    return record.name.startswith(facts.paths("kernel")) or facts.in_group(type_, "kernel")


def _own_file(denial: Denial, record: PathRecord) -> bool:
    """The file already belongs to the process's own user: the program itself made it read-only, not a wrong owner."""
    return _is_root(denial.uid) and _is_root(record.owner) and bool((record.mode or 0) & 0o400)


def _find_steps(case: Case, record: Optional[PathRecord]) -> Tuple[str, ...]:
    if record is not None:
        return (
            f"give {record.name} the owner, group or mode the service needs (chown, chgrp, chmod), or run the service "
            f"as the owner {record.owner or ''}".rstrip(),
        )
    steps: List[str] = [
        "find the file: `auditctl -w /etc/shadow -p w` makes the kernel add PATH records to every denial; cause it "
        "again; `ausearch -m AVC -ts recent -i` then names the path (`auditctl -W /etc/shadow -p w` takes the watch "
        "away)",
        f"then give that file the owner, group or mode that {case.program} needs, or run the service as the file's "
        "owner",
    ]
    return tuple(steps)


def _unknown_label(case: Case) -> Diagnosis:
    """mac_admin: a program set a label that is not in the policy."""
    wrong = next((one.invalid_target or one.fields.get("invalid_context", "") for one in case.denials), "")
    return Diagnosis(
        cause="unknown-label",
        title=f"{case.program} tried to set a label that the policy does not know",
        why="The kernel asks for mac_admin when a label is set that is not valid in the policy: a type that "
        "does not exist, a misspelt one, or one whose module was removed. The label is the fault, not the capability.",
        root=("unknown-label", case.source, case.program),
        evidence=(f"the label: {wrong}",) if wrong else (),
        ruled_out=(
            RuledOut(
                "module", f"mac_admin would let it put meaningless labels on files, which then are {names.UNLABELED}"
            ),
        ),
        proposals=(
            Proposal(
                "app-fix",
                {
                    "steps": (
                        f"see which label it was: `ausearch -m SELINUX_ERR -c {words.typed(case.comm or 'COMM')} -i`",
                        "use a type that exists (`seinfo -t NAME`), or install the module that defines it",
                    )
                },
            ),
        ),
        never=("allowing mac_admin",),
        final=True,
    )
