"""Proves modules by building them in a copy of the policy store, where neverallow rules are checked as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Dict, List, Optional, Sequence, Tuple

from avcdoctor.access.whole import whole
from avcdoctor.actions.module import ModuleInstall
from avcdoctor.actions.registry import typed_all
from avcdoctor.errors import PolicyError
from avcdoctor.host import Answer, Host, Policy, Question
from avcdoctor.host.offline import problems_of
from avcdoctor.host.store import store_name
from avcdoctor.host.trial import built
from avcdoctor.model import Incident, Remedy, Simulation, safe_text

_HOLDS = "built in a copy of the policy store: neverallow rules and constraints hold"


def prove(incidents: Sequence[Incident], host: Host, names: Optional[Collection[str]] = None) -> Tuple[Incident, ...]:
    """Build the modules of incidents in one transaction; if it fails, one by one, to find those that are refused.

    Args:
        incidents: with remedies.
        host: whose policy store is copied; without a store nothing changes.
        names: the modules to build; None for all.

    Returns:
        The incidents, their remedies in the order they had, since people choose them by number; one whose module
        the policy refuses is marked as denied, with the policy's words.

    Raises:
        PolicyError: there is a store, but it can't be copied or built.
    """
    name = store_name(host.files) if host.info.origin in ("host", "root") else None
    here = [incident for incident in incidents if _is_known(incident, host)]
    modules = {key: cil for key, cil in _modules(here).items() if names is None or key in names}
    if name is None or not modules:
        return tuple(incidents)
    problems = [] if host.live else problems_of(host.root, name)
    if problems:
        raise PolicyError(
            safe_text(f"the policy store of {host.root} is not copied: {problems[0]}"), "see docs/safety.md"
        )
    verdicts: Dict[str, str] = {}
    with built(host.root, name, modules) as trial:
        if trial.policy is not None:
            return tuple(_judged(incident, modules, trial.policy, {}) for incident in incidents)
    for key, cil in modules.items():
        with built(host.root, name, {key: cil}) as alone:
            verdicts[key] = alone.refused
    return tuple(_judged(incident, modules, None, verdicts) for incident in incidents)


def _is_known(incident: Incident, host: Host) -> bool:
    """Whether the host's own policy has every type of the incident; a log from elsewhere can't be tried here."""
    policy = host.policy
    types = {name for group in incident.finding.groups for name in (group.source, group.target)}
    return policy is not None and all(policy.has_type(name) for name in types)


def _modules(incidents: Sequence[Incident]) -> Dict[str, str]:
    remedies = (remedy for incident in incidents for remedy in incident.remedies)
    return {one.name: one.cil for remedy in remedies for one in _installed(remedy)}


def _installed(remedy: Remedy) -> List[ModuleInstall]:
    return [one for one in typed_all(remedy.actions) if isinstance(one, ModuleInstall)]


def _judged(
    incident: Incident, modules: Dict[str, str], policy: Optional[Policy], verdicts: Dict[str, str]
) -> Incident:
    remedies: List[Remedy] = []
    for remedy in incident.remedies:
        mine = [one.name for one in _installed(remedy)]
        if not mine or mine[0] not in modules:
            remedies.append(remedy)
            continue
        problem = verdicts.get(mine[0], "")
        remedies.append(replace(remedy, simulation=_simulation(remedy, incident, policy, problem)))
    return replace(incident, remedies=tuple(remedies))


def _simulation(remedy: Remedy, incident: Incident, policy: Optional[Policy], problem: str) -> Simulation:
    seen = remedy.simulation
    if problem:
        return replace(seen, after="denied", why=f"the policy refuses this module: {safe_text(problem)}")
    if policy is None or remedy.kind == "dontaudit":
        return replace(seen, why=_HOLDS)
    for group in incident.finding.groups:
        wanted = whole(group.tclass, frozenset(group.permissions)) & policy.class_permissions(group.tclass)
        if not Answer(Question.of(group, wanted), policy).allowed:
            return replace(seen, after="denied", why="built in a copy of the policy store: it would still be denied")
    return replace(seen, after="allowed", why=_HOLDS)
