"""What `avcdoctor fix` does: the plan from the report, on the machine it is for, and how it is written."""

from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

from avcdoctor import api, output
from avcdoctor.apply.apply import now
from avcdoctor.apply.machine import Machine
from avcdoctor.cli.asked import Asked
from avcdoctor.cli.progress import Progress
from avcdoctor.cli.work.confirm import apply_plan, machine_or_none
from avcdoctor.gate.filters import Filters
from avcdoctor.gate.verdict import counted
from avcdoctor.host import open_host
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.config import with_config_edits
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.model import Plan
from avcdoctor.plan.preconditions import survey
from avcdoctor.plan.simulate import proven_plan
from avcdoctor.plan.trust import check_told
from avcdoctor.render import ansible, plans
from avcdoctor.render.plan_promise import kept_skipped
from avcdoctor.sources.roots import split
from avcdoctor.sources.times import parse_time

__all__ = ["Choice", "apply_plan", "planned", "split", "write"]


class Choice(NamedTuple):
    """Which remedies a plan takes.

    Args:
        remedy: the one with this number, of one incident.
        all_safe: only what the policy intends already.
        modules: also local modules and dontaudit rules.
        edit_config: also name a moved file's new place in the service's configuration.
    """

    remedy: Optional[int] = None
    all_safe: bool = False
    modules: bool = False
    edit_config: bool = False


def planned(
    logs: List[str],
    asked: Asked,
    filters: Filters,
    ignore: Optional[Path],
    choice: Choice,
    *,
    shown_as: str,
    trust_log: bool,
) -> Tuple[Plan, Optional[Machine]]:
    """The plan, proven, and the machine it is for; no machine where there is no policy store and it is only shown.

    Args:
        logs: audit logs.
        asked: who judges what came when.
        filters: which incidents to fix.
        ignore: a file of known denials.
        choice: which remedies to take.
        shown_as: the format of a plan that is only shown; empty where it is to be applied.
        trust_log: also act on text that anybody could have written.

    Raises:
        EmptyPlanError: no remedy is left.
        AvcdoctorError: a log or the policy can't be read, or there is no policy store.
    """
    host = open_host(asked.policy, asked.root)
    with Progress() as progress:
        report = api.explain(
            logs,
            host=host,
            root=asked.root,
            since=parse_time(asked.since) if asked.since else None,
            until=parse_time(asked.until) if asked.until else None,
            rules=asked.packs,
            progress=progress,
            only_vouched=not (shown_as or trust_log),
        )
    if not (shown_as or trust_log):
        left_out = check_told(report.input.provenance)
        if left_out:
            output.note(left_out)
    report = counted(report, filters, ignore)
    for warning in report.warnings:
        output.note(f"warning: {warning}")
    try:
        plan = proven_plan(
            report, host, lambda found: make_plan(found, (), choice.remedy, choice.all_safe, choice.modules)
        )
    except EmptyPlanError as error:
        if shown_as in ("", "text"):
            output.emit(plans.left_out_text(error.skipped, output.terminal_width()))
        raise EmptyPlanError(kept_skipped(error.skipped)) from None
    machine = machine_or_none(asked.root, needed=not shown_as)
    if machine is not None:
        if choice.edit_config:
            plan = with_config_edits(plan, machine.host())
        plan = survey(plan, machine, now())
    return plan, machine


def write(plan: Plan, format_: Optional[str], out: Optional[Path], *, color: bool) -> None:
    """Write a plan, and what its format needs beside it."""
    form = format_ or ("json" if out is not None else "text")
    output.emit(plans.render(plan, form, output.terminal_width(), color=color and out is None), out)
    if form == "ansible":
        for name, text in ansible.files(plan).items():
            if out is None:
                output.note(f"the playbook needs {name} beside it; --out FILE writes both")
            else:
                output.emit(text, out.parent / name)
    if out is not None and form == "json":
        output.note(f"saved; apply it with: avcdoctor apply {out}")
