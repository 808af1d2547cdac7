"""Remedy `port`: give a port a type that its service may use."""

from __future__ import annotations

from avcdoctor.model import Remedy
from avcdoctor.remedies import actions
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """-a where the port is nobody's, -m where an entry names it already."""
    type_ = site.text("type")
    group = site.first
    number = next((one.port for one in group.examples if one.port is not None), None)
    protocol = group.tclass.split("_", 1)[0]
    exact = bool(site.proposal.parameters.get("exact"))
    if number is None:
        return by_hand(
            site,
            f"give the port the type {type_}",
            "the log does not name the port",
            f"semanage port -a -t {type_} -p {protocol} PORT",
        )
    outcome = site.simulate(
        lambda one: site.may(one, type_) if one.tclass.endswith("_socket") else False, f"{group.source} may use {type_}"
    )
    grants = (f"every domain that may use {type_} may use {protocol} port {number} too",)
    notes = (f"`-a` would fail: the policy names port {number} already, so its entry is modified",) if exact else ()
    steps = actions.port(protocol, number, type_, exact)
    return remedy(site, f"give {protocol} port {number} the type {type_}", outcome, steps, grants=grants, notes=notes)
