"""Not denied any more: the policy at hand already allows it, so the log is older than the policy."""

from __future__ import annotations

from typing import Optional

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.model import Proposal, RuledOut


def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say that the policy at hand allows all of this, or nothing."""
    policy = case.host.policy
    if policy is None or not case.local or case.denial.record_type == "SELINUX_ERR":
        return None
    if not case.permissions <= policy.class_permissions(case.tclass):
        return None
    if not case.permissions <= policy.allowed(case.source, case.target, case.tclass):
        return None
    verdict = policy.verdict(case.source_context, case.target_context, case.tclass, case.permissions)
    if verdict.outcome != "allowed":
        return None
    here = case.host.live
    return Diagnosis(
        cause="already-allowed",
        title=f"{case.described()}; {policy.name} allows it",
        why=f"{policy.name} allows exactly this. "
        + (
            "The denial is older than the policy that is loaded now: nothing is left to do."
            if here
            else "The log comes from another policy, an older one or one with other options: updating the policy there ends it."
        ),
        root=("already-allowed", case.source),
        evidence=(f"{case.source} {case.target}:{case.tclass} {{ {' '.join(sorted(case.permissions))} }} is allowed",),
        ruled_out=(RuledOut("module", "the rule is in the policy already"),),
        proposals=(Proposal("policy-update", {"allowed_here": True}),),
    )
