"""Labels the policy does not know: SELINUX_ERR records, trawcon= and srawcon=, unlabeled_t."""

from __future__ import annotations

import contextlib
from typing import FrozenSet, Optional

from avcdoctor.access import names
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes.wrong_domain import blocked_transition
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.model import Context, Proposal, RuledOut

_MODULE = RuledOut("module", f"an allow rule for {names.UNLABELED} opens every object whose label is lost")


PAGES = (
    Page(
        "bounds",
        "a domain is bounded by another one",
        "The domain may never do more than the one that bounds it (typebounds), whatever rules it has.",
        "the domain has the rule, its bounding domain lacks it",
        "give the bounding domain the rule, or end the bounds; a rule for the domain alone changes nothing",
    ),
    Page(
        "invalid-context",
        "a context the policy refuses",
        "User, role, type and level don't go together in this policy.",
        "the record says so itself (SELINUX_ERR, security_validate_transition)",
        "allow the role the type, or start the program in another way",
    ),
    Page(
        "type-gone",
        "a type that is no longer in the policy",
        "A module was removed, and files still carry its types.",
        "the policy knows the label no longer (trawcon=, unlabeled_t)",
        "restore the labels, or install the module again",
    ),
    Page(
        "unlabeled",
        "files without a label",
        "The files were made while SELinux was off, or on another system.",
        "unlabeled_t",
        "restore the labels of that tree, or of the whole machine at its next start",
    ),
)


@cause(30, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain an invalid or missing label, or nothing."""
    if case.denial.record_type == "SELINUX_ERR":
        return _kernel_error(case)
    if case.denial.invalid_target or case.denial.invalid_source:
        return _type_gone(case)
    if case.target == names.UNLABELED and case.tclass in ("key", "peer", "packet", "process", "association"):
        return _unlabeled_object(case)
    return None


def _kernel_error(case: Case) -> Optional[Diagnosis]:
    operation = case.denial.fields.get("op", "")
    source, target = case.source_context, case.target_context
    root = ("selinux-error", operation, case.source, case.target)
    if "bounded_transition" in operation:
        return _bounded(case, operation)
    if "compute_sid" in operation:
        return _no_context(case, operation)
    if "validate_transition" in operation:
        return Diagnosis(
            cause="constraint",
            title=f"{case.program} may not change a label from {case.denial.fields.get('oldcontext', source)} to "
            f"{target}",
            why="Changing the level or user of a label is bound by a constraint (validatetrans); no allow rule can "
            "lift it.",
            root=root,
            evidence=(f"op={operation}",),
            ruled_out=(RuledOut("module", "validatetrans is a constraint"),),
            proposals=(
                Proposal(
                    "constraint",
                    {"field": "level", "steps": ("let a process with the clearance for both levels change the label",)},
                ),
            ),
            final=True,
        )
    return Diagnosis(
        cause="invalid-context",
        title=f"{case.program} used a label the policy does not know",
        why="The label is not valid in the policy: a misspelt type, one whose module was removed, or a "
        "translated level that nobody translated back.",
        root=root,
        evidence=tuple(
            f"{key}={value}" for key, value in case.denial.fields.items() if key in ("op", "invalid_context")
        ),
        proposals=(
            Proposal(
                "app-fix",
                {
                    "steps": (
                        "use a label that is valid: `seinfo -t TYPE` says whether a type exists",
                        "if a module was removed, install the package that brings it and restore the labels",
                    )
                },
            ),
        ),
        final=True,
    )


def _no_context(case: Case, operation: str) -> Diagnosis:
    """A transition rule leads to a context that is not valid; the record names it as invalid_context."""
    asked = case.target_context
    with contextlib.suppress(ValueError):  # an older kernel's words: the target is all there is
        asked = Context.parse(case.denial.fields.get("invalid_context", ""))
    return Diagnosis(
        cause="invalid-context",
        title=f"no valid context for {case.program}: role {asked.role} may not have the type {asked.type}",
        why="The policy's transition leads to a context that does not exist: the role is not authorised for the new "
        "type, or the user not for the role. It is no access rule that is missing but a role.",
        root=("selinux-error", operation, case.source, case.target),
        evidence=(f"op={operation}", f"the context: {asked}"),
        ruled_out=(RuledOut("module", "an allow rule does not authorise a role for a type"),),
        proposals=(
            Proposal(
                "constraint",
                {
                    "field": "role",
                    "steps": (
                        "start it from a role that may: system services by systemd (system_r), administration as "
                        f"sysadm_r or unconfined_r, not from {case.source_context.role}",
                        f"or authorise the role in a policy module: `role {asked.role} types {asked.type};`",
                    ),
                },
            ),
            Proposal("policy-update", {}),
        ),
        final=True,
    )


def _bounded(case: Case, operation: str) -> Diagnosis:
    """A domain change that was refused because the new domain could do more than the old one
    (security/selinux/hooks.c)."""
    source, target = case.source_context, case.target_context
    at_exec = next((one for one in case.denials if one.syscall.startswith("exec")), None)
    asked: FrozenSet[str] = frozenset()
    for other in case.others:
        if (other.source, other.target, other.tclass) == (case.source, case.target, "process2"):
            asked = frozenset(other.permissions)
    if at_exec is not None or asked or not case.denial.syscall:
        return blocked_transition(case, asked)
    return Diagnosis(
        cause="bounds",
        title=f"{case.program} may not change from {source.type} to {target.type}: the new domain could do more",
        why="One thread of a process asked for another domain. A thread may only enter a domain that is bounded by "
        "its present one (typebounds), so that it gains nothing.",
        root=("bounds", case.source, case.target),
        evidence=(f"op={operation}", f"from {source} to {target}"),
        ruled_out=(RuledOut("boolean", "no boolean decides about bounds"),),
        proposals=(
            Proposal(
                "constraint",
                {
                    "field": "bounds",
                    "steps": (
                        f"declare the bound in the service's own policy module: `typebounds {source.type} "
                        f"{target.type};`",
                        "or change the domain before the program starts threads",
                    ),
                },
            ),
            Proposal("policy-update", {}),
        ),
        final=True,
    )


def _type_gone(case: Case) -> Diagnosis:
    """The stored context is invalid in this policy; the kernel shows it as unlabeled_t and names it in trawcon=."""
    invalid = case.denial.invalid_target or case.denial.invalid_source
    parts = invalid.split(":")
    type_ = parts[2] if len(parts) > 2 else invalid
    return Diagnosis(
        cause="type-gone",
        title=f"{case.object} carries {type_}, which its machine's policy does not know",
        why=f"The stored label is {invalid}. No module there defines {type_}: the package that brings its policy was "
        "removed or not yet installed, or the module could not be put in. Until then the kernel treats it as "
        "unlabeled.",
        root=("type-gone", type_),
        evidence=(f"stored label: {invalid}",),
        ruled_out=(_MODULE,),
        proposals=(
            Proposal(
                "package-update",
                {
                    "steps": (
                        f"install or reinstall the package whose policy module defines {type_}; `semodule -l` lists "
                        "what is installed",
                        "then restore the labels",
                    )
                },
            ),
            Proposal("restorecon", {"place": case.path}),
        ),
        final=True,
    )


def _unlabeled_object(case: Case) -> Diagnosis:
    network = case.tclass in ("peer", "packet", "association")
    what = "network traffic without a label" if network else f"a {case.tclass} without a label"
    return Diagnosis(
        cause="unlabeled",
        title=f"{case.program} may not use {what}",
        why=(
            "Labelled networking is on, but this traffic came without a label."
            if network
            else "The object was made before the policy had a type for it, or by a program that the policy does not "
            "know yet."
        ),
        root=("unlabeled", case.tclass, case.source),
        ruled_out=(_MODULE,),
        proposals=(
            Proposal("package-update", {"package": case.service.package if case.service else ""}),
            Proposal("policy-update", {}),
        ),
    )
