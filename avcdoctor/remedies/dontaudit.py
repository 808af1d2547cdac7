"""Remedy `dontaudit`: keep harmless noise out of the log; it stays denied."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from avcdoctor.actions import make
from avcdoctor.model import Proposal, Remedy
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.module import allow_rules
from avcdoctor.remedies.policy_source import cil_source, module_name, te_source
from avcdoctor.remedies.site import Site


def build(site: Site) -> Optional[Remedy]:
    """A local dontaudit rule for exactly what was logged."""
    if site.proposal.parameters.get("hidden"):
        return by_hand(
            site,
            "hide it again: the policy has the dontaudit rule",
            "it stays denied and is no longer logged",
            "`semodule -B` switches the policy's dontaudit rules on again, after somebody's `semodule -DB`; an older "
            "policy needs the update that brings the rule",
        )
    rules = allow_rules(replace(site, proposal=Proposal("module", {"whole": False})))
    if not rules:
        return None
    name = module_name(site.first.source, rules).replace("avcdoctor_", "avcdoctor_quiet_", 1)
    outcome = site.unchecked("it stays denied and is no longer logged")
    steps = make.module(name, cil_source(rules, "dontaudit"), te_source(name, rules, "dontaudit"))
    notes = ("`semodule -DB` shows hidden denials again, `semodule -B` hides them", *site.steps)
    grants = ("nothing: it stays denied",)
    return remedy(site, "no longer log this harmless denial", outcome, steps, grants=grants, notes=notes)
