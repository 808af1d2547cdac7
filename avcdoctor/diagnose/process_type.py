"""A process type put on a file: why `chcon -t DOMAIN FILE` fails."""

from __future__ import annotations

from typing import List, Optional, Tuple

from avcdoctor.diagnose.case import FILE_CLASSES, Case, Diagnosis
from avcdoctor.diagnose.script_domain import script_types
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut


def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain that a domain is no file type, or nothing."""
    if case.tclass in FILE_CLASSES and "relabelto" in case.permissions:
        wanted = case.target
    elif case.tclass == "filesystem" and "associate" in case.permissions and case.target not in ("proc_t", "sysfs_t"):
        wanted = case.source
    else:
        return None
    if not _is_domain(case, wanted):
        return None
    steps = [
        f"choose a file type: `seinfo -t {wanted} -x` shows that {wanted} lacks file_type, and `sesearch -T -s "
        f"{wanted}` "
        "lists the executable types that lead on from that domain",
        *(f"for a program that {wanted} starts: {type_}, which leads to {to}" for type_, to in _types(case, wanted)),
    ]
    return Diagnosis(
        cause="process-type",
        title=f"no file can be labelled {wanted}: that is the type of a process",
        why=f"{wanted} is a domain: it says what a running program may do. Only types with the attribute file_type "
        "can be "
        "put on a file, so relabelto and associate are refused. A program gets into a domain through the executable "
        "type "
        "of its file.",
        root=("process-type", wanted),
        ruled_out=(
            RuledOut("module", "a file with a process type would be of no use: nothing could open or start it"),
        ),
        proposals=(Proposal("app-fix", {"steps": tuple(steps)}),),
        never=(f"chcon -t {wanted} on a file",),
        final=True,
    )


def _types(case: Case, domain: str) -> List[Tuple[str, str]]:
    """Script types that the domain starts, when the domain itself is what the case is about."""
    return script_types(case)[:2] if case.source == domain else []


def _is_domain(case: Case, type_: str) -> bool:
    for policy in (case.host.policy, case.host.reference):
        if policy is not None and policy.has_type(type_):
            return policy.is_domain(type_) and "file_type" not in policy.attributes(type_)
    return type_ in facts.daemons()
