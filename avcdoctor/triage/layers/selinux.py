"""SELinux itself: denials in the evidence, and failures that are its handwriting even without one."""

from __future__ import annotations

import re
from itertools import islice
from typing import List, Optional, Sequence

from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import DONTAUDIT, Layer, observe, remedy
from avcdoctor.triage.lines import near
from avcdoctor.triage.model import Explanation, LogLine, Observation

_DENIED = re.compile(r"avc:\s*denied\s*(?:\{(?P<permissions>[^}]*)\}|null)", re.I)
_ERROR = re.compile(
    r"SELINUX_ERR|type=1401\b|security_(?:compute_(?:sid|av)|bounded_transition|validate_transition)|"
    r"\bop=\S+ (?:invalid_context|seresult=denied)",
    re.I,
)
_FIELD = {
    name: re.compile(rf"(?<![A-Za-z]){name}=(?:3D)?\"?([^\s\"',]+)")
    for name in ("comm", "exe", "scontext", "tcontext", "tclass", "permissive", "path", "name", "pid", "dest", "src")
}
_MOST_IN_LINE = 20  # denials that mail programs or journals joined to one line
_LONGEST = 4096  # characters of a record
_REACH = 12  # lines that mail programs wrap one record into


def denials(lines: Sequence[LogLine]) -> List[Observation]:
    """Every SELinux denial of the evidence, also when its record was wrapped over several lines.

    Args:
        lines: the log, taken apart; records of AppArmor, which share the type, are left alone.

    Returns:
        One observation a denial; `fields` holds what the record says, `permissive` "0", "1" or "".
    """
    found = []
    for index, line in enumerate(lines):
        for match in islice(_DENIED.finditer(line.text), _MOST_IN_LINE):
            rest = _record(lines, index, match.end())
            if 'apparmor="' in line.text and "scontext=" not in rest:
                continue
            found.append(_denial(line, match["permissions"] or "", rest))
        if _ERROR.search(line.text) and not _DENIED.search(line.text):
            found.append(observe(line, "selinux", "SELinux refuses a context or a transition (SELINUX_ERR)", "record"))
    return found


def _record(lines: Sequence[LogLine], index: int, start: int) -> str:
    """The text after the permissions up to the next denial."""
    parts = [lines[index].text[start : start + _LONGEST]]
    for line in lines[index + 1 : index + _REACH]:
        if _DENIED.search(parts[-1]) or _FIELD["tclass"].search(" ".join(parts)):
            break
        parts.append(line.text)
    text = " ".join(parts)[:_LONGEST]
    following = _DENIED.search(text)
    return text[: following.start()] if following else text


def _denial(line: LogLine, permissions: str, rest: str) -> Observation:
    fields = {name: match[1] for name, pattern in _FIELD.items() for match in [pattern.search(rest)] if match}
    fields["permissions"] = " ".join(permissions.split())
    source, target = (fields.get(name, "?").split(":")[2:3] or ["?"] for name in ("scontext", "tcontext"))
    what = f"{source[0]} was denied {{ {fields['permissions']} }} on {target[0]}:{fields.get('tclass', '?')}"
    if fields.get("permissive", "").startswith("1"):
        what += ", but permissive=1: it was only logged, nothing was stopped"
    seen = observe(line, "selinux", what, "record", path=fields.get("path", fields.get("name", "")))
    process = fields.get("comm") or fields.get("exe", "").rsplit("/", 1)[-1]
    return Observation(**{**seen.__dict__, "process": process, "fields": fields})


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


_HANDWRITING = re.compile(
    r"cannot (?:restore segment prot after reloc|enable executable stack as shared object requires|make segment "
    r"writable for relocation): "
    r"permission denied|SELinux (?:is preventing|prevents)|status=229/|SELINUX_CONTEXT|failed to set SELinux|"
    r"setexeccon|setfilecon|unable to (?:get|set) (?:\w+ )*(?:security )?context|UNIX perms appear ok \(ACL/MAC wrong",
    re.I,
)
_CONNECT = re.compile(r"\bconnect(?:ing|ion|\(\))?\b", re.I)
_REMOTE = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}:\d+|\[[0-9a-f:]+\]:\d+|localhost:\d+|\b(?:tcp|host|port)\b", re.I)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """Words that are SELinux's handwriting: segment protection, exec contexts, EACCES for connecting over TCP."""
    if _HANDWRITING.search(line.message):
        return observe(
            line,
            "selinux",
            "a message that only SELinux's checks lead to",
            "errno",
            errno.name if errno else "",
            find_path(line.message, errno),
        )
    if (
        errno is not None
        and errno.name == "EACCES"
        and _CONNECT.search(line.message)
        and _REMOTE.search(line.message)
        and not re.search(r"unix:|\.sock\b|database|mysql", line.message)
    ):
        return observe(
            line, "selinux", "EACCES for connecting over TCP: owners and modes know no ports", "errno", "EACCES"
        )
    return None


def explain(observation: Observation) -> Explanation:
    """What SELinux denied; the details are `avcdoctor explain`'s work."""
    hint = remedy(
        "policy-update", "let `avcdoctor explain` find the cause and the smallest remedy", [["avcdoctor", "explain"]]
    )
    if observation.proof != "record":
        return Explanation(
            kind="selinux-without-record",
            title="this looks like SELinux, but no denial is in the evidence",
            cause=observation.what,
            because=(
                "The message points to a check that SELinux makes. The denial itself is missing: look for it before "
                "you change anything."
            ),
            remedies=(hint,),
            sure=("`ausearch -m AVC,USER_AVC,SELINUX_ERR -ts recent`", DONTAUDIT),
        )
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


LAYER = Layer(
    name="selinux",
    recognise=recognise,
    explain=explain,
    not_selinux="",
    if_selinux="this is SELinux",
)
