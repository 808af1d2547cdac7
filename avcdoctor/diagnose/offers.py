"""Merges the proposals of further causes into the leading diagnosis, and drops those it excludes."""

from __future__ import annotations

from typing import Dict, FrozenSet, List, Mapping, Sequence

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.knowledge import facts, tables
from avcdoctor.knowledge.protected import is_secret
from avcdoctor.model import Proposal, RuledOut

_EXCLUDED: Mapping[str, FrozenSet[str]] = {
    # The policy's own label does it; rules of one's own would override what the policy has for parts of that tree, and
    # an option would open everything that has the wrong label.
    "wrong-label": frozenset({"fcontext", "move", "boolean"}),
    "unit-program-label": frozenset({"fcontext"}),
    # The program never asked for the object, so no label or option is to give it to the program.
    "leaked-descriptor": frozenset({"fcontext", "move", "boolean"}),
    # What is harmless needs no access.
    "noise": frozenset({"fcontext", "restorecon", "move", "boolean"}),
}
"""Remedies of other causes that must not follow a leading cause."""

_BETTER = frozenset({"restorecon", "fcontext", "exec-type", "port", "boolean", "move"})
"""What is better than an allow rule where the target's type is shared by many things."""

_RELABEL = frozenset({"restorecon", "fcontext", "exec-type"})

_LOCAL = frozenset(
    {"wrong-label", "wrong-domain", "script-type", "unknown-place", "unit-program-label", "port", "no-own-domain"}
    | {"content-read-only", "shared-content", "started-by-hand", "wrong-place", "untyped-port", "category"}
)
"""Causes that lie on the machine: no newer policy would put them right."""


def complete(case: Case, lead: Diagnosis, proposals: Sequence[Proposal], ruled_out: Sequence[RuledOut]) -> Diagnosis:
    """The leading diagnosis with the other causes' proposals behind its own, without what was ruled out.

    Args:
        case: the group.
        lead: what the first cause that answered said.
        proposals: those of all causes, in order.
        ruled_out: what any cause ruled out.
    """
    excluded = {one.kind for one in lead.ruled_out} | _EXCLUDED.get(lead.cause, frozenset())
    if lead.cause in _LOCAL:
        excluded.add("policy-update")
    possible = [one for one in lead.proposals if _is_possible(case, one)]
    against = _against_a_rule(case, possible)
    reasons: Dict[str, RuledOut] = {one.kind: one for one in reversed([*ruled_out, *against])}
    kept: List[Proposal] = []
    others = (one for one in proposals if one.kind not in excluded and _is_possible(case, one))
    for proposal in (*possible, *others):
        refused = (proposal.kind == "module" and bool(against)) or _is_warned_of(proposal, lead)
        if not refused and not any(same(proposal, one) for one in kept):
            kept.append(proposal)
    offered = {one.kind for one in kept}
    told = tuple(one for kind, one in reversed(list(reasons.items())) if kind not in offered)
    return Diagnosis(**{**lead.__dict__, "proposals": tuple(kept), "ruled_out": told})


def _is_possible(case: Case, proposal: Proposal) -> bool:
    """Whether the machine's own policy has the type or boolean a proposal needs; for another machine's log it may."""
    if proposal.kind in _RELABEL and _keeps_no_label(case):
        return False
    policy = case.host.policy
    if not case.own_log or policy is None or case.host.by_reference:
        return True
    type_ = str(proposal.parameters.get("type", "") or "")
    if type_ and not policy.has_type(type_):
        return False
    name = str(proposal.parameters.get("name", "") or "")
    return proposal.kind != "boolean" or not name or name in policy.booleans


def _keeps_no_label(case: Case) -> bool:
    """Whether the object's label comes from its file system, so that none can be put on it."""
    if facts.in_group(case.target, "kernel"):
        return not case.path or case.path.startswith(("/proc/", "/sys/", "/dev/pts/"))
    return case.target in tables.document("filesystems.yaml")["labels"] and not case.denial.device.startswith("dm-")


def _is_warned_of(proposal: Proposal, lead: Diagnosis) -> bool:
    """A boolean that the same diagnosis names under `never` is not offered a few lines above."""
    name = str(proposal.parameters.get("name", ""))
    return proposal.kind == "boolean" and bool(name) and any(name in words for words in lead.never)


def _against_a_rule(case: Case, offered: Sequence[Proposal]) -> List[RuledOut]:
    """Why no allow rule may be offered whatever a cause says: the target's type stands for too much."""
    if is_secret(case.target):
        return [RuledOut("module", f"{case.target} holds secrets; no local rule should open it")]
    if case.target_is("generic", "home", "port_range") and any(one.kind in _BETTER for one in offered):
        return [RuledOut("module", f"{case.target} is shared by too much: a rule for it would open all of that")]
    return []


def same(left: Proposal, right: Proposal) -> bool:
    """Whether two proposals come to the same thing."""
    if left.kind != right.kind:
        return False
    if "like" in left.parameters and "like" in right.parameters:
        return left.parameters["like"] == right.parameters["like"]
    telling = ("name", "type", "like", "settings")
    return all((left.parameters.get(name) or "") == (right.parameters.get(name) or "") for name in telling)
