"""Remedy `policy-update`: the distribution's policy lacks a rule that it should have."""

from __future__ import annotations

from avcdoctor.actions import make
from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """The distribution's policy should have the rule."""
    if site.proposal.parameters.get("allowed_here"):
        outcome = site.simulate(lambda group: site.may(group, group.target), "the policy at hand allows it")
        texts = () if site.host.live else ("update the policy on the machine the log comes from",)
        steps = make.manual(*(texts or ("nothing to do: the loaded policy allows it",)))
        return remedy(site, "the policy at hand already allows it", outcome, steps, applicability="manual")
    return by_hand(
        site,
        "update the policy; if the newest still denies it, report it",
        "what a newer policy allows can't be checked here",
        "update selinux-policy (Fedora, RHEL: `dnf update selinux-policy-targeted`; Debian: `apt install "
        "selinux-policy-default`)",
        "if the newest still denies it: `avcdoctor explain --format markdown` writes the report for the bug tracker",
    )
