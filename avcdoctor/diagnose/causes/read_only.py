"""What a service may only read, its content or its configuration, where the policy has a type for what it changes."""

from __future__ import annotations

from typing import List, Optional

from avcdoctor.access import names
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.places import changes, is_own_configuration, own_names, own_state
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

PAGES = (
    Page(
        "content-read-only",
        "content that the service may only read",
        "The place has the label for what the service serves; writing needs the label for what it changes.",
        "reading is allowed, writing is not, and the service has a type that it may write",
        "give the directory that must be written the writable type, and no more than that",
    ),
)


@cause(180, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Propose the sibling type for what the service has to change, or nothing."""
    if case.tclass not in ("file", "dir", "lnk_file") or case.is_pseudo or not changes(case):
        return None
    type_ = next((one for one in _siblings(case.target) if _exists(case, one)), "")
    if not type_ or case.allows(type_) is False:
        return _own_configuration(case)
    return Diagnosis(
        cause="content-read-only",
        title=f"{case.described()}: its label is for what is only read",
        why=f"{case.shown_path or case.shown_name or 'The object'} is {case.target}, which {case.source} may read. "
        f"What it may change carries {type_}. Give that to the directory it has to write to, not to all of the "
        "content: what can't be written can't be defaced.",
        root=("read-only", case.source, case.target),
        evidence=(f"label seen: {case.target}", f"the type for what is changed: {type_}"),
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=(RuledOut("module", f"it would let {case.source} change everything that is {case.target}"),),
        proposals=(Proposal("fcontext", {"type": type_, "place": case.path}),),
    )


def _own_configuration(case: Case) -> Optional[Diagnosis]:
    """The service keeps what it changes among its configuration; the policy expects such things elsewhere."""
    within = (case.tclass == "dir" and case.name not in ("", "etc", *own_names(case))) or "create" in case.permissions
    state = own_state(case) if within and is_own_configuration(case) else None
    if state is None:
        return None
    type_, place = state
    shown = case.shown_path or case.shown_name
    steps = (f"keep it in {place}, and name that directory in the configuration",)
    move = Proposal("move", {"to": place, "steps": steps})
    return Diagnosis(
        cause="content-read-only",
        title=f"{case.described()}: it lies among its configuration, which the service may not change",
        why=f"{shown} is {case.target}. A service that can change its own configuration can be made to do anything it "
        f"may, so the policy lets {case.source} read it only. What it changes itself belongs into {place} ({type_}).",
        root=("read-only", case.source, case.target),
        evidence=(f"label seen: {case.target}", f"file contexts: {place} is {type_}, which {case.source} may change"),
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=(RuledOut("module", f"it would let {case.source} change its own configuration"),),
        proposals=(Proposal("fcontext", {"type": type_, "place": case.path}), move),
        warnings=(f"label only the directory the service has to change, never all that is {case.target}",),
    )


def _siblings(type_: str) -> List[str]:
    """How policies name the type for changed content: tftpdir_t and tftpdir_rw_t, x_content_t and x_rw_content_t."""
    stem = names.stem(type_)
    found = [names.typed(f"{stem}_rw")]
    if stem.endswith("_content"):
        found.append(names.typed(f"{stem[: -len('_content')]}_rw_content"))
    return [] if "_rw" in stem else found


def _exists(case: Case, type_: str) -> bool:
    """Whether a policy at hand, the service's rule pack or the table of labels has the type."""
    policy = case.source_policy
    if policy is not None and policy.has_type(type_):
        return True
    known = case.service is not None and any(place.type == type_ for place in case.service.places)
    return not case.local and (known or facts.has_label(type_))
