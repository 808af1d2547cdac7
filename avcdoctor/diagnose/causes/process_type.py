"""A process type put on a file: why `chcon -t DOMAIN FILE` fails."""

from __future__ import annotations

from typing import List, Optional, Tuple

from avcdoctor.access.operations import FILES
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes.script_domain import script_types
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

PAGES = (
    Page(
        "process-type",
        "a process type on a file",
        "Somebody labelled a file with the type of a process; files need types for files.",
        "associate is denied, or the type is a domain",
        "the executable type that leads into that domain",
    ),
)


@cause(40, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain that a domain is no file type, or nothing."""
    if case.tclass in ("file", "dir", "lnk_file") and "relabelto" in case.permissions and _is_device_type(case):
        return _device_type(case)
    if case.tclass in FILES and "relabelto" in case.permissions:
        wanted = case.target
    elif case.tclass == "filesystem" and "associate" in case.permissions and not case.target_is("pseudo_root"):
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


def _is_device_type(case: Case) -> bool:
    return case.target_is("device_node") and case.comm in ("chcon", "restorecon", "setfiles", "chcat")


def _device_type(case: Case) -> Diagnosis:
    """A person picked the type of a device node for a file."""
    steps = (
        "take the type that the service has for such files: its manual page NAME_selinux(8) lists them, and "
        f"`matchpathcon {words.typed(case.shown_path or 'PATH')}` shows what the policy wants there",
        "make it last: `semanage fcontext -a -t TYPE 'DIRECTORY(/.*)?'`, then `restorecon -Rv DIRECTORY`",
    )
    return Diagnosis(
        cause="process-type",
        title=f"{case.shown_name or 'the file'} can't be labelled {case.target}: that is the type of a device",
        why=f"{case.target} is for nodes in /dev. Ordinary files never carry it, and no service looks for its files "
        "under it. The type was picked wrongly.",
        root=("process-type", case.target),
        ruled_out=(RuledOut("module", "a file with a device's type would be of no use"),),
        proposals=(Proposal("app-fix", {"steps": steps}),),
        final=True,
    )


def _types(case: Case, domain: str) -> List[Tuple[str, str]]:
    """Script types that the domain starts, when the domain itself is what the case is about."""
    return script_types(case)[:2] if case.source == domain else []


def _is_domain(case: Case, type_: str) -> bool:
    for policy in case.host.policies:
        if policy.has_type(type_):
            return policy.is_domain(type_) and "file_type" not in policy.attributes(type_)
    return type_ in facts.daemons()
