"""Ports: which type a port has, and which the service may use."""

from __future__ import annotations

from typing import List, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import boolean
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

PAGES = (
    Page(
        "port",
        "a port the service's type does not cover",
        "The service listens on, or connects to, a port that belongs to another type or to none.",
        "name_bind or name_connect, and the port's type",
        "give the port the service's type; the policy names which it may use",
    ),
)


@cause(210, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain a bind to a port the service's types do not cover, or nothing; connecting is a matter of booleans
    first."""
    asked = case.permissions & {"name_bind", "name_connect"}
    if not asked or case.port is None or case.protocol not in ("tcp", "udp", "dccp", "sctp"):
        return None
    if case.port == 0:
        return None
    types = own_port_types(case, "name_bind" if "name_bind" in asked else "name_connect")
    if not types:
        return None
    type_ = types[0]
    present = _present(case)
    shared = facts.in_group(present, "port_range")
    bind = "name_bind" in asked
    if not bind and not shared:
        return None
    turns = boolean.proposals(case, 2)
    proposals: List[Proposal] = [Proposal("port", {"type": type_})]
    # Connecting is what options are for; one that lets a service listen everywhere opens more than one port's type.
    proposals = [*proposals, *turns] if bind else [*turns, *proposals]
    does = "listens on" if bind else "connects to"
    return Diagnosis(
        cause="port",
        title=case.described(),
        why=f"{case.program} {does} {case.protocol} port {case.port}, which has the type {present}; "
        + ("that is nobody's in particular. " if shared else "that belongs to another service. ")
        + f"{case.source} may use ports of type {type_}.",
        root=("port", case.source, case.protocol, str(case.port)),
        evidence=(f"{case.protocol} {case.port} is {present}", *_ports_text(case, type_)),
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=() if turns else (RuledOut("boolean", "no boolean of this service opens just this port"),),
        proposals=tuple(proposals),
        warnings=()
        if shared
        else (f"port {case.port} then counts as {case.source}'s; a service that uses {present} loses it",),
    )


def own_port_types(case: Case, permission: str) -> List[str]:
    """Port types of the service itself that it may bind or connect to, by the policy, the packs, or the names."""
    family = words.family(case.source)
    policy = case.source_policy
    told = list(case.service.ports) if case.service else []
    named = [type_ for type_ in map(names.port_type, (family, family.rstrip("d"))) if facts.ports_of(type_)]
    found: List[str] = []
    if policy is not None:
        usable = policy.targets(case.source, case.tclass, (permission,))
        found = [type_ for type_ in (*told, *named) if type_ in usable]
        found += sorted(type_ for type_ in usable if type_.startswith(f"{family}_") and names.is_port(type_))
        strange = not case.own_log and not any(policy.has_type(type_) for type_ in told)
        if not found and ((told and strange) or not policy.has_type(case.source)):
            found = told or named
    else:
        found = told or named
    return [type_ for type_ in dict.fromkeys(found) if not facts.in_group(type_, "port_range") and type_ != case.target]


def _present(case: Case) -> str:
    """The port's type: what the log says, which is what the machine had."""
    return case.target


def _ports_text(case: Case, type_: str) -> Tuple[str, ...]:
    policy = case.source_policy
    entries = policy.ports_of(type_) if policy and policy.has_type(type_) else facts.ports_of(type_)
    shown = [str(low) if low == high else f"{low}-{high}" for of, low, high in entries if of == case.protocol]
    return (f"{type_} covers {case.protocol} {words.listing(shown, 6)}",) if shown else ()
