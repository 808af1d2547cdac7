"""Turns findings into incidents: builds every proposed remedy, simulates it, and puts the best first."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Callable, List, Optional, Sequence, Tuple

from avcdoctor.diagnose.protection import Judgement, closer, filled
from avcdoctor.errors import PlanError
from avcdoctor.host import Host
from avcdoctor.model import TEXT, Finding, Incident, Proposal, Remedy, incident_id
from avcdoctor.remedies import keep_denied
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.protect import gated
from avcdoctor.remedies.site import Site

Builder = Callable[[Site], Optional[Remedy]]

_PUTS_RIGHT = frozenset({"restorecon", "fcontext", "exec-type", "boolean", "port", "container-label"})
_MOST_REMEDIES = 6


def propose(findings: Sequence[Finding], host: Host, *, own_log: bool = False) -> Tuple[Incident, ...]:
    """Make every finding an incident with simulated remedies, the best first.

    Args:
        findings: what the diagnosis found.
        host: whose policy is asked.
        own_log: the host wrote the log, so that its files are those the log is about.

    Returns:
        The incidents in the findings' order, but what should stay denied comes first: it may be an attack.
    """
    incidents = [_incident(finding, host, own_log) for finding in findings]
    return tuple(sorted(incidents, key=lambda one: not _stays_denied(one)))


def _incident(finding: Finding, host: Host, own_log: bool) -> Incident:
    """The finding with its remedies; whatever kind they are of, the gate before protected objects judges them all."""

    def keep(judgement: Judgement) -> Remedy:
        steps = filled(closer(judgement.identity), finding.groups)
        return keep_denied.build(Site(finding, Proposal("keep-denied", {"steps": steps}), host, own_log))

    def back(judgement: Judgement) -> Optional[Remedy]:
        right = judgement.identity.right if judgement.identity is not None else ""
        return _build(Site(finding, Proposal("restorecon", {"type": right, "place": ""}), host, own_log))

    incident = gated(Incident(id_of(finding), finding, remedies_for(finding, host, own_log)), host, keep, back)
    if all(group.told and not group.inferred for group in finding.groups):
        return incident
    return replace(incident, remedies=tuple(_once_confirmed(remedy) for remedy in incident.remedies))


def _once_confirmed(remedy: Remedy) -> Remedy:
    """A remedy for contexts that no record told: a person takes it when the record has come."""
    note = "only once the record confirms it: the contexts are what the policy lets one expect"
    return replace(remedy, applicability="manual", notes=(note, *remedy.notes))


def _stays_denied(incident: Incident) -> bool:
    return bool(incident.remedies) and incident.remedies[0].kind == "keep-denied"


def remedies_for(finding: Finding, host: Host, own_log: bool = False) -> Tuple[Remedy, ...]:
    """The remedies of one finding: those that were proven not to help go to the end, then are cut."""
    built: List[Remedy] = []
    for proposal in finding.proposals:
        remedy = _build(Site(finding, proposal, host, own_log))
        if remedy is not None:
            built.append(remedy)
    ordered = in_order(_without_needless(built))
    helping = [one for one in ordered if not _is_refuted(one)]
    return tuple((helping or ordered)[:_MOST_REMEDIES])


@cache
def builder(kind: str) -> Builder:
    """What builds the remedies of a kind: `build` of the module named after it, loaded when it is needed."""
    found: Builder = import_module(f"avcdoctor.remedies.{kind.replace('-', '_')}").build
    return found


def _build(site: Site) -> Optional[Remedy]:
    """A remedy; in words only where no command may carry what the log names, such as a path with `..` in it."""
    try:
        return builder(site.proposal.kind)(site)
    except PlanError as error:
        return by_hand(
            site, f"remedy {site.proposal.kind}, by hand", error.message, f"no command can do it: {error.message}"
        )


def in_order(remedies: Sequence[Remedy]) -> Tuple[Remedy, ...]:
    """The diagnosis' preference holds, but of one kind what was checked comes first, and what is refuted comes last."""
    kinds = list(dict.fromkeys(one.kind for one in remedies))
    by_proof = {kind: iter(sorted((one for one in remedies if one.kind == kind), key=_is_unchecked)) for kind in kinds}
    return tuple(sorted((next(by_proof[one.kind]) for one in remedies), key=_is_refuted))


def _is_unchecked(remedy: Remedy) -> bool:
    return remedy.simulation.after != "allowed"


def _without_needless(remedies: Sequence[Remedy]) -> List[Remedy]:
    """Without "update the policy" after a checked remedy that leaves the policy as it is: nothing is missing."""
    found: List[Remedy] = []
    for one in remedies:
        checked = any(before.kind in _PUTS_RIGHT and before.simulation.after == "allowed" for before in found)
        if one.kind != "policy-update" or not checked:
            found.append(one)
    return found


def _is_refuted(remedy: Remedy) -> bool:
    return remedy.simulation.after == "denied" and remedy.kind != "keep-denied"


def id_of(finding: Finding) -> str:
    """The id of a finding's incident, whichever groups it shows today."""
    told = TEXT if all(group.provenance == TEXT for group in finding.groups) else ""
    root = list(finding.root) or sorted("|".join(("", *group.key[1:])) for group in finding.groups)
    return incident_id(finding.cause, finding.rule or "", told, *root)
