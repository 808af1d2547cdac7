"""SELinux itself: denials in the evidence, and failures that are its handwriting even without one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterable, List, Optional, Sequence

from avcdoctor.model import Denial
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import DONTAUDIT, Layer, observe, remedy, unit
from avcdoctor.triage.lines import near
from avcdoctor.triage.literals import Worded
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.refusals import PASSES, PROVE, beyond_modes
from avcdoctor.triage.trail import Event

_RESULT = Worded(r"\bseresult\W{1,6}denied\b|\bviolated-selinux-policy\b", re.IGNORECASE)
NAMED = re.compile(
    r"SELinux is preventing|SELinux policy (?:denies|prevents)|prevented by SELinux|denied by SELinux", re.IGNORECASE
)
"""Words of others that report a denial: setroubleshoot, D-Bus and systemd as object managers, auditbeat."""

_HANDWRITING = re.compile(
    r"cannot (?:restore segment prot after reloc|enable executable stack as shared object requires|make segment "
    r"writable for relocation): "
    r"permission denied|SELinux prevents|status=229/|SELINUX_CONTEXT|failed to set SELinux|"
    r"setexeccon|setfilecon|unauthorized SELinux context|/proc/\S{1,40}/attr/(?:exec|fscreate|keycreate|sockcreate)\b|"
    r"unable to (?:get|set) (?:\w+ )*(?:security )?context|UNIX perms appear ok \(ACL/MAC wrong",
    re.IGNORECASE,
)


def denials(lines: Sequence[LogLine], events: Iterable[Event]) -> List[Observation]:
    """Every SELinux denial of the evidence, in the order of the log.

    Args:
        lines: the log, taken apart.
        events: the records in it.

    Returns:
        One observation a denial; `fields` holds what the record says, `permissive` "0", "1" or "".
    """
    by_number = {line.number: line for line in lines}
    found = []
    for event in events:
        for denial, record in zip(event.outcome.denials, event.outcome.sources):
            found.append(_denial(by_number[event.number(record)], denial))
        for refused in event.outcome.refused:
            line = by_number[event.number(refused.record)]
            found.append(observe(line, "selinux", f"a denial that can't be read whole: {refused.reason}", "record"))
    for line in lines:
        if _RESULT.search(line.text):
            found.append(observe(line, "selinux", "seresult=denied in a record that a log shipper passed on", "record"))
    return sorted(found, key=lambda one: int(one.where.rpartition(" ")[2]))


def _denial(line: LogLine, denial: Denial) -> Observation:
    permissive = "" if denial.permissive is None else str(int(denial.permissive))
    permissions = " ".join(denial.permissions)
    what = f"{denial.source.type} was denied {{ {permissions} }} on {denial.target.type}:{denial.tclass}"
    if denial.permissive:
        what += ", but permissive=1: it was only logged, nothing was stopped"
    seen = observe(line, "selinux", what, "record", path=denial.path or denial.name)
    fields = {
        "comm": denial.comm,
        "exe": denial.exe,
        "scontext": str(denial.source),
        "tcontext": str(denial.target),
        "tclass": denial.tclass,
        "permissive": permissive,
        "permissions": permissions,
    }
    process = denial.comm or denial.exe.rsplit("/", 1)[-1]
    return replace(seen, process=process, fields=fields)


def enforced(observation: Observation) -> bool:
    """Whether a denial stopped something (an old record without permissive= counts as enforced)."""
    return not observation.fields.get("permissive", "").startswith("1")


def same_failure(denial: Observation, other: Observation) -> bool:
    """Whether a denial and another observation can be one failure: same process or same moment, or nothing tells."""
    one, two = denial.process[:15].strip("()"), other.process.rsplit("/", 1)[-1][:15].strip("()")
    together = near(denial.seconds, other.seconds)
    if one and two and (one.startswith(two) or two.startswith(one)):
        return together is not False
    return together is not False


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """A report of a denial, or an error number that owner and mode can't have given."""
    name, path = errno.name if errno else "", find_path(line.message, errno)
    if NAMED.search(line.message):
        return observe(line, "selinux", "a message reports a denial of SELinux", "named", name, path)
    if _HANDWRITING.search(line.message):
        return observe(line, "selinux", "a message that only SELinux's checks lead to", "errno", name, path)
    reason = beyond_modes(line, errno)
    if reason:
        return observe(line, "selinux", f"owner and mode have no say here: {reason}", "errno", name, path)
    return None


def explain(observation: Observation) -> Explanation:
    """What SELinux denied; the details are `avcdoctor explain`'s work."""
    hint = remedy(
        "policy-update", "let `avcdoctor explain` find the cause and the smallest remedy", [["avcdoctor", "explain"]]
    )
    if observation.proof == "named":
        return Explanation(
            kind="reported",
            title=f"SELinux stopped it, says {observation.process or 'the message'}",
            cause="a denial of SELinux, which this message reports; its record is in the audit trail",
            because="The message names SELinux; the record tells domain, type and permission.",
            remedies=(hint,),
            sure=(f"`{PROVE}` shows the record",),
        )
    if observation.proof != "record":
        return _without_record(observation)
    if not enforced(observation):
        return Explanation(
            kind="permissive",
            title=f"SELinux logged it and did not stop it: {observation.what.split(', but')[0]}",
            cause="the domain or the system was permissive: the denial was recorded, the access went through",
            because=(
                "permissive=1 in the record says that nothing was blocked. If something failed all the same, another "
                "layer did it."
            ),
            remedies=(hint,),
        )
    return Explanation(
        kind="denial",
        title=f"SELinux stopped it: {observation.what}",
        cause=observation.what,
        because="The audit trail holds the denial itself, and it was enforced.",
        remedies=(hint,),
    )


def _without_record(observation: Observation) -> Explanation:
    confined = remedy(
        "app-fix",
        "no record, and no hidden one: the program lacks CAP_DAC_OVERRIDE (a container, a hardened unit)",
        [["systemctl", "show", "-p", "User,CapabilityBoundingSet", unit(observation.line)]],
    )
    return Explanation(
        kind="selinux-without-record",
        title="permission denied where owner and mode have no say: SELinux or AppArmor",
        cause=observation.what,
        because=(
            "EACCES comes from owner and mode, from some mounts, or from a security module. The first two can't have "
            "given it here. Both modules write a record; look for it before you change anything."
        ),
        remedies=(
            remedy("policy-update", "find the record, and let `avcdoctor explain` find the remedy", [PROVE.split()]),
            *((confined,) if observation.what.endswith(PASSES) else ()),
        ),
        sure=(f"`{PROVE}` right after the failure", DONTAUDIT),
    )


LAYER = Layer(
    name="selinux",
    recognise=recognise,
    explain=explain,
    not_selinux="",
    if_selinux="this is SELinux",
    signs=(NAMED, _HANDWRITING),
)
