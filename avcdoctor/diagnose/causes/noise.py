"""Harmless noise: denials that break nothing and should be silent, not allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from avcdoctor.access.operations import CHANGES, INHERITED
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.host import Policy
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

_LOOKING = frozenset({"search", "open", "read", "write"})
_AT_TRANSITION = frozenset({"noatsecure", "rlimitinh", "siginh"})
_ROOT_DOTFILE_READERS = frozenset({"read", "open", "getattr", "search"})


PAGES = (
    Page(
        "noise",
        "harmless noise",
        "The program looks at something it does not need and goes on without it.",
        "a rule about the service, or about the permission, says so",
        "nothing; a dontaudit rule keeps the log quiet",
    ),
)


@cause(130, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Name the noise, or nothing."""
    return (
        _at_transition(case)
        or _surveyed(case)
        or _bytecode(case)
        or _dotfile_lookup(case)
        or _terminal(case)
        or _associate(case)
    )


@cause(230)
def hidden(case: Case) -> Optional[Diagnosis]:
    """Say that this machine's own policy has a dontaudit rule for just this, or nothing.

    Of another machine's log it proves nothing: that one's policy logged the denial.
    """
    if not case.own_log or not is_silenced(case):
        return None
    found = _noise(
        case,
        f"{case.described()}: the policy calls it harmless",
        "The policy has a dontaudit rule for exactly this: it stays denied, breaks nothing, and is not logged. It is "
        "seen while such rules are switched off, which `semodule -DB` does.",
        "hidden",
    )
    again = Proposal("dontaudit", {"hidden": True})
    return replace(
        found, evidence=(f"dontaudit {case.source} {case.target}:{case.tclass}",), proposals=(again,), final=True
    )


def is_silenced(case: Case) -> bool:
    """Whether the policy at hand has a dontaudit rule for all of the access that it does not allow."""
    answer = case.answer
    return case.local and bool(answer.missing) and answer.missing == answer.silenced and not answer.strange


def hushed(case: Case) -> str:
    """What to know where the policy would not log refusals between the same two types: a dontaudit rule is for all
    levels, so that a difference in categories is hidden with it. Nothing where it logs them all."""
    policy = case.policy
    if not case.local or policy is None or not case.is_file:
        return ""
    silent = [one for one in ("dir", "file", "sock_file") if policy.has_class(one) and _silences(case, policy, one)]
    if not silent:
        return ""
    return (
        f"the policy does not log every refusal between {case.source} and {case.target} (dontaudit, on "
        f"{words.listing(silent)}): `semodule -DB` logs them all while you look, `semodule -B` hides them again"
    )


def _silences(case: Case, policy: Policy, tclass: str) -> bool:
    return bool(policy.dontaudited(case.source, case.target, tclass) & _LOOKING)


def _noise(case: Case, title: str, why: str, key: str, *steps: str) -> Diagnosis:
    return Diagnosis(
        cause="noise",
        title=title,
        why=why,
        root=("noise", key, case.source),
        ruled_out=(RuledOut("module", "nothing is broken by this denial, so nothing needs to be allowed"),),
        proposals=(Proposal("dontaudit", {"steps": steps}), Proposal("policy-update", {})),
    )


def _at_transition(case: Case) -> Optional[Diagnosis]:
    if not case.tclass.startswith("process") or not case.permissions <= _AT_TRANSITION:
        return None
    names = ", ".join(sorted(case.permissions))
    return _noise(
        case,
        f"{case.program} starts a program in {case.target}: {names} refused, which is harmless",
        "When a program changes its domain the kernel asks whether environment, signals and limits may be inherited. "
        "The usual answer is no, and they are cleaned; the policy hides it by dontaudit rules. They show up after "
        "`semodule -DB`.",
        "transition",
        "if somebody ran `semodule -DB` to see hidden denials: `semodule -B` hides them again",
    )


def _surveyed(case: Case) -> Optional[Diagnosis]:
    """A program that looks at every mount or file of the system comes past one it may not look at."""
    if case.comm not in facts.programs("surveyor") or not case.permissions <= {"getattr", "search", "read", "open"}:
        return None
    if case.tclass not in ("filesystem", "dir", "file") or ("read" in case.permissions and case.tclass == "file"):
        return None
    return _noise(
        case,
        f"{case.comm} came past {case.shown_path or case.target}, which it may not look at",
        f"{case.comm} looks at all there is and leaves out what it may not see. Nobody misses it in the result.",
        "survey",
    )


def _bytecode(case: Case) -> Optional[Diagnosis]:
    if case.name not in ("__pycache__",) and not case.name.endswith((".pyc", ".pyo")):
        return None
    if not case.permissions & CHANGES:
        return None
    return _noise(
        case,
        f"{case.program} would like to keep compiled Python code in {case.shown_path or case.target}",
        "Python tries to save compiled modules beside their source. A service must not write where programs live; "
        "Python goes on without.",
        "bytecode",
        "set PYTHONDONTWRITEBYTECODE=1 in the unit, or let the package ship its compiled modules",
    )


def _dotfile_lookup(case: Case) -> Optional[Diagnosis]:
    """A library looks for root's personal settings."""
    dot = case.name.startswith(".") and case.name not in (".", "..", ".forward", ".ssh", ".k5login", ".rhosts")
    if kinds.serves_files(case.source) or kinds.serves_homes(case.source):
        return None  # handing out such files is their work
    if not dot or not case.target_is("root_home") or not case.permissions <= _ROOT_DOTFILE_READERS:
        return None
    return _noise(
        case,
        f"{case.program} looks for root's personal settings {case.shown_name}",
        f"A library inside {case.program} looks into the home of its user, root, for {case.shown_name}. The service "
        "does not need it and works without.",
        "dotfile",
    )


def _terminal(case: Case) -> Optional[Diagnosis]:
    """A daemon inherited the terminal it was started from."""
    if case.tclass != "chr_file" or not case.target_is("terminal"):
        return None
    if not case.permissions <= INHERITED or case.is_own(case.target):
        return None
    return _noise(
        case,
        f"{case.program} still holds the terminal it was started from",
        f"{case.program} inherited {case.shown_path or 'a terminal'} from the shell that started it. Without it the "
        "messages to that terminal are lost, nothing else.",
        "terminal",
        "start it by systemctl, so that it has no terminal at all",
    )


def _associate(case: Case) -> Optional[Diagnosis]:
    if case.tclass != "filesystem" or case.permissions != {"associate"} or not case.target_is("pseudo_root"):
        return None
    where = "/proc" if case.target_is("proc") else "/sys"
    return _noise(
        case,
        f"{case.program} would create a file in {where}, which nobody can",
        "Opening such a path for writing makes the kernel ask whether a new file may be labelled there. No file can "
        "be created in it anyway.",
        "associate",
    )
