"""Remedy `port`: give a port a type that its service may use."""

from __future__ import annotations

from typing import List, Tuple

from avcdoctor.actions import make
from avcdoctor.diagnose import words
from avcdoctor.knowledge import facts
from avcdoctor.model import Group, Remedy
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Site

_MOST_PORTS = 8
"""A service that was denied more ports than this picks them by chance; typing each would never end."""


def build(site: Site) -> Remedy:
    """-a where a port is nobody's, -m where an entry names it already."""
    type_ = site.text("type")
    group = site.first
    numbers = _ports(group)
    protocol = group.tclass.split("_", 1)[0]
    if not numbers or len(numbers) > _MOST_PORTS:
        why = f"{len(numbers)} different ports were asked for" if numbers else "the log does not name the port"
        return by_hand(site, f"give the port the type {type_}", why, f"semanage port -a -t {type_} -p {protocol} PORT")
    outcome = site.simulate(
        lambda one: site.may(one, type_) if one.tclass.endswith("_socket") else False, f"{group.source} may use {type_}"
    )
    named = [number for number in numbers if _is_named(site, group, protocol, number)]
    done = tuple(make.port(protocol, number, type_, number in named) for number in numbers)
    which = f"port{'s' if len(numbers) > 1 else ''} {words.listing(map(str, numbers), _MOST_PORTS)}"
    grants = (f"every domain that may use {type_} may use {protocol} {which} too",)
    return remedy(
        site,
        f"give {protocol} {which} the type {type_}",
        outcome,
        done,
        grants=grants,
        notes=_notes(named),
    )


def _ports(group: Group) -> Tuple[int, ...]:
    """All ports of the group, lowest first."""
    return tuple(sorted(int(port.value) for port in group.ports if port.value.isdigit() and port.value != "0"))


def _is_named(site: Site, group: Group, protocol: str, number: int) -> bool:
    """Whether an entry names just this port, so that `-a` would fail: by the policy, else by the type the log shows."""
    if site.host.policy is not None:
        entries = site.host.policy.port_types(protocol, number)
        if entries and entries[0][1] == entries[0][2] == number:
            return True
    return not facts.in_group(group.target, "port_range")


def _notes(named: List[int]) -> Tuple[str, ...]:
    return tuple(
        f"`-a` would fail: the policy names port {number} already, so its entry is modified" for number in named
    )
