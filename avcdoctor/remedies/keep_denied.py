"""Remedy `keep-denied`: SELinux stopped something that should be stopped."""

from __future__ import annotations

from avcdoctor.actions import make
from avcdoctor.model import Remedy, Simulation
from avcdoctor.remedies.build import remedy
from avcdoctor.remedies.site import Simulated, Site


def build(site: Site) -> Remedy:
    """The denial is right: nothing is granted."""
    outcome = site.unchecked("stays denied, as it should")
    simulation = Simulation(
        outcome.simulation.before, "denied", "stays denied, as it should", outcome.simulation.policy
    )
    steps = make.manual(*(site.steps or ("keep the denial",)))
    kept = Simulated(simulation, (), 0)
    return remedy(site, "keep the denial and look closer", kept, steps, applicability="manual", grants=("nothing",))
