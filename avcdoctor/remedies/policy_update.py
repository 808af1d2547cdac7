"""Remedy `policy-update`: the distribution's policy lacks a rule that it should have."""

from __future__ import annotations

from typing import Optional

from avcdoctor.actions import make
from avcdoctor.host import Question
from avcdoctor.knowledge.tables import rows
from avcdoctor.model import Group, Remedy
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """The distribution's policy should have the rule."""
    if site.proposal.parameters.get("allowed_here"):
        outcome = site.simulate(lambda group: _allowed(site, group), "the policy at hand allows it")
        done = site.own_log and (site.host.loaded or site.host.report is not None)
        steps = make.manual(
            "nothing to do: the machine's settings allow it by now"
            if done
            else "update the policy on the machine the log is from"
        )
        return remedy(site, "the policy at hand already allows it", outcome, steps, applicability="manual")
    return by_hand(
        site,
        "update the policy; report it if the newest lacks the rule too",
        "what a newer policy allows can't be checked here",
        f"{_command(site)}; if the newest still denies it, `avcdoctor explain --format markdown` writes the report",
    )


def _allowed(site: Site, group: Group) -> Optional[bool]:
    """Whether the very permissions that were denied are allowed now, to the type that a port has by now."""
    protocol, ports = group.tclass.split("_", 1)[0], [one.port for one in group.examples if one.port is not None]
    now = site.host.port_type(protocol, ports[0]) if site.own_log and ports else None
    return site.host.ask(Question.of(group, target=now or group.target)).allowed


def _command(site: Site) -> str:
    """How this system's package manager updates its policy; in words where the system is not known."""
    known = (command for name, command in rows("policy-commands.tsv") if name in site.host.system(site.own_log))
    return next(known, "update the policy package of the system the log is from")
