"""`avcdoctor fix`: a plan from the report, shown, and applied once a person has agreed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.confirm import AllowReview, Restart, TrustLog, Wait, Yes, apply_plan, machine_or_none
from avcdoctor.cli.declare import option
from avcdoctor.cli.filters import filtered
from avcdoctor.cli.progress import Progress
from avcdoctor.errors import UsageError
from avcdoctor.gate.filters import Filters
from avcdoctor.render import PLAN_FORMATS

if TYPE_CHECKING:
    from avcdoctor.plan.model import Plan

EXAMPLES = """\
  avcdoctor fix --dry-run                             the plan for everything that was denied, changing nothing
  avcdoctor fix --incident 3f9a --remedy 2 --dry-run  the second remedy of one incident
  avcdoctor fix --all-safe                            only put back what the policy already intends
  avcdoctor fix audit.log --out plan.json             save the plan; avcdoctor apply plan.json applies it
  avcdoctor fix --format ansible --out fix.yml        a playbook, with the modules it needs beside it
"""
Remedy = Annotated[
    Optional[int], option("--remedy", metavar="N", min=1, help="The remedy with this number, of one incident.")
]
AllSafe = Annotated[bool, option("--all-safe", help="Only remedies that put back what the policy already intends.")]
AllowModules = Annotated[
    bool,
    option("--allow-modules", help="Also take local modules and dontaudit rules, which are never taken unasked."),
]
DryRun = Annotated[bool, option("--dry-run", "-n", help="Show the plan and change nothing.")]
Out = Annotated[Optional[Path], option("--out", "-o", metavar="FILE", help="Save the plan instead of applying it.")]
Format = Annotated[
    Optional[str],
    option(
        "--format", "-f", metavar="FORMAT", help=f"How to write the plan: {', '.join(PLAN_FORMATS)}. Implies --dry-run."
    ),
]
EditConfig = Annotated[
    bool, option("--edit-config", help="When a file is moved, also name its new place in keepalived.conf.")
]


@filtered
def fix(
    logs: options.Logs = None,
    *,
    filters: Filters,
    remedy: Remedy = None,
    all_safe: AllSafe = False,
    allow_modules: AllowModules = False,
    dry_run: DryRun = False,
    out: Out = None,
    format_: Format = None,
    yes: Yes = False,
    allow_review: AllowReview = False,
    edit_config: EditConfig = False,
    restart: Restart = False,
    wait: Wait = None,
    trust_log: TrustLog = False,
    policy: options.PolicyFile = None,
    root: options.Root = None,
    since: options.Since = None,
    until: options.Until = None,
    rules: options.Rules = None,
    ignore: options.Ignore = None,
    no_color: options.NoColor = False,
) -> int:
    """Plan the remedies, show what they change, ask, apply, and look again.

    Every check is shown before the first change. What was changed is written down first, so that `avcdoctor undo`
    takes it back, also after a crash. Without a terminal nothing is applied unless --yes says so.

    Args:
        logs: audit logs, as for explain.
        filters: which incidents to fix.
        remedy: the remedy's number as explain shows it.
        all_safe: only remedies that grant nothing new.
        allow_modules: also take local modules and dontaudit rules.
        dry_run: change nothing.
        out: where to save the plan.
        format_: one of `avcdoctor.render.PLAN_FORMATS`.
        yes: do not ask.
        allow_review: let --yes apply remedies that a person should decide on.
        edit_config: also edit the service's configuration when a file is moved.
        restart: restart the services that need it.
        wait: seconds to watch for the same denial afterwards.
        trust_log: act on denials that stand in text which anybody could have written, too.
        policy: a compiled policy to ask.
        root: an offline root to fix.
        since: a time in ausearch's words or ISO 8601.
        until: likewise.
        rules: more directories with rule packs.
        ignore: a file of known denials that are left alone.
        no_color: no colours.

    Returns:
        0 when the plan was made or applied, 1 when the same denial came back while waiting.

    Raises:
        AvcdoctorError: see the exit codes of `avcdoctor --help`.
    """
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.apply.apply import now  # noqa: PLC0415 - likewise
    from avcdoctor.gate.verdict import counted  # noqa: PLC0415 - likewise
    from avcdoctor.host import open_host  # noqa: PLC0415 - likewise
    from avcdoctor.plan.choose import make_plan  # noqa: PLC0415 - likewise
    from avcdoctor.plan.config import with_config_edits  # noqa: PLC0415 - likewise
    from avcdoctor.plan.errors import EmptyPlanError  # noqa: PLC0415 - likewise
    from avcdoctor.plan.preconditions import survey  # noqa: PLC0415 - likewise
    from avcdoctor.plan.simulate import proven_plan  # noqa: PLC0415 - likewise
    from avcdoctor.plan.trust import check_told  # noqa: PLC0415 - likewise
    from avcdoctor.render import plans  # noqa: PLC0415 - likewise
    from avcdoctor.render.plan_promise import kept_skipped  # noqa: PLC0415 - likewise
    from avcdoctor.sources.roots import split  # noqa: PLC0415 - likewise
    from avcdoctor.sources.times import parse_time  # noqa: PLC0415 - likewise

    if format_ is not None and format_ not in PLAN_FORMATS:
        raise UsageError(f"there is no format {format_!r}", f"one of: {', '.join(PLAN_FORMATS)}")
    logs, root = split(logs or [], root)
    host = open_host(policy, root)
    only_shown = dry_run or out is not None or format_ is not None
    with Progress() as progress:
        report = api.explain(
            logs,
            host=host,
            root=root,
            since=parse_time(since) if since else None,
            until=parse_time(until) if until else None,
            rules=rules or [],
            progress=progress,
            only_vouched=not (only_shown or trust_log),
        )
    if not (only_shown or trust_log):
        left_out = check_told(report.input.provenance)
        if left_out:
            output.note(left_out)
    report = counted(report, filters, ignore)
    for warning in report.warnings:
        output.note(f"warning: {warning}")
    try:
        plan = proven_plan(report, host, lambda found: make_plan(found, (), remedy, all_safe, allow_modules))
    except EmptyPlanError as error:
        if format_ in (None, "text"):
            output.emit(plans.left_out_text(error.skipped, output.terminal_width()))
        raise EmptyPlanError(kept_skipped(error.skipped)) from None
    machine = machine_or_none(root, needed=not only_shown)
    if machine is not None:
        if edit_config:
            plan = with_config_edits(plan, machine.host())
        plan = survey(plan, machine, now())
    if only_shown or machine is None:
        _write(plan, format_, out, color=output.wants_color(no_color))
        return 0
    return apply_plan(
        plan,
        machine,
        yes=yes,
        allow_review=allow_review,
        restart=restart,
        wait=wait,
        logs=logs,
        color=output.wants_color(no_color),
        trust_log=trust_log,
    )


def _write(plan: "Plan", format_: Optional[str], out: Optional[Path], *, color: bool) -> None:
    from avcdoctor.render import ansible, plans  # noqa: PLC0415 - only once there is a plan

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
