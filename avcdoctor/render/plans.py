"""A plan in every format; what was checked before it is applied, and what was found afterwards."""

from __future__ import annotations

from importlib import import_module
from typing import Callable, List, Mapping, Sequence

from avcdoctor.actions.base import Check
from avcdoctor.apply.verify import Observation
from avcdoctor.model import safe_text
from avcdoctor.plan.file import to_json
from avcdoctor.plan.fleet import FleetPlan
from avcdoctor.plan.model import Plan, Skipped
from avcdoctor.render import How
from avcdoctor.render.page import Page
from avcdoctor.render.plan_promise import keep_promise, kept_skipped
from avcdoctor.render.plan_text import left_out

_MOST_GOOD = 12
"""Lines of what is as it should be; a whole tree that was relabelled has thousands."""


def render(plan: Plan, form: str, width: int = 100, *, color: bool = False) -> str:
    """The plan in one of `render.PLAN_FORMATS`; no format tells to switch SELinux off, whoever wrote it.

    JSON is the saved plan itself; any other format is a module with a function `of_plan(plan, how)`.
    """
    safe = keep_promise(plan)
    if form == "json":
        return to_json(safe)
    module = import_module(f"avcdoctor.render.{'plan_text' if form == 'text' else form}")
    function: Callable[[Plan, How], str] = module.of_plan
    return function(safe, How(width, color=color))


def fleet_files(found: FleetPlan) -> Mapping[str, str]:
    """A plan for many hosts as the files of a playbook's directory."""
    from avcdoctor.render.ansible import fleet  # noqa: PLC0415 - only the format that is asked for

    return fleet(found._replace(plan=keep_promise(found.plan)))


def left_out_text(skipped: Sequence[Skipped], width: int = 100, *, color: bool = False) -> str:
    """What a plan would do nothing about, where there is nothing else to show."""
    page = Page(width, color=color)
    left_out(page, kept_skipped(skipped))
    return page.text()


def checks_text(checks: Sequence[Check]) -> str:
    """The checks before a fix, one per line with its result."""
    words = {True: "ok", False: "FAIL", None: "-"}
    lines = [f"    {words[check.passed]:<5}{check.name:<14}{safe_text(check.detail)}" for check in checks]
    return "\n".join(["", "  checks", *lines, ""]) + "\n"


def finding_line(finding: Observation) -> str:
    """One thing that was looked at after a fix."""
    word = {True: "ok", False: "FAIL", None: "?"}[finding.holds]
    return f"  {word:<5}{safe_text(finding.what)}: {safe_text(finding.detail)}"


def finding_lines(findings: Sequence[Observation]) -> List[str]:
    """What was looked at after a fix: all that is not as it should be, and of what is, the first ones and how many."""
    good = [finding for finding in findings if finding.holds]
    shown = good if len(good) <= _MOST_GOOD else good[: _MOST_GOOD - 1]
    lines = [finding_line(finding) for finding in findings if not finding.holds or finding in shown]
    more = len(good) - len(shown)
    return [*lines, f"  {'ok':<5}and {more} more"] if more else lines
