"""Puts a remedy together out of what a builder found; every remedy kind's file uses it."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.actions import make
from avcdoctor.actions.registry import undo
from avcdoctor.model import Action, Remedy
from avcdoctor.remedies.site import Simulated, Site


def remedy(
    site: Site,
    title: str,
    outcome: Simulated,
    actions: Tuple[Action, ...],
    *,
    applicability: str = "review",
    grants: Tuple[str, ...] = (),
    notes: Tuple[str, ...] = (),
    wide: str = "",
) -> Remedy:
    """A remedy of the proposal's kind.

    Args:
        title: what it does, in a few words; a rule pack's own title wins.
        outcome: what the simulation found.
        actions: what to do; the way back is derived from it.
        applicability: safe, review or manual.
        grants: what else becomes possible.
        notes: what a person should know first.
        wide: what makes it open far more than the incident.
    """
    why = site.text("why")
    return Remedy(
        kind=site.proposal.kind,
        title=site.text("title") or title,
        applicability=applicability,
        lasting=True,
        resolves=outcome.resolves,
        simulation=outcome.simulation,
        grants=grants,
        actions=actions,
        undo=undo(actions),
        notes=notes + ((why,) if why else ()),
        groups=outcome.groups,
        wide=wide,
    )


def by_hand(site: Site, title: str, why: str, *texts: str, notes: Tuple[str, ...] = ()) -> Remedy:
    """A remedy in words, which no policy can judge."""
    steps = make.manual(*(site.steps or texts))
    return remedy(site, title, site.unchecked(why), steps, applicability="manual", notes=notes)
