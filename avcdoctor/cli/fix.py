"""`avcdoctor fix`: a plan from the report, shown, and applied once a person has agreed."""

from pathlib import Path
from typing import Annotated, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.asked import Asked, asking
from avcdoctor.cli.confirm import AllowReview, Restart, TrustLog, Wait, Yes
from avcdoctor.cli.declare import option
from avcdoctor.cli.filters import filtered
from avcdoctor.errors import UsageError
from avcdoctor.gate.filters import Filters
from avcdoctor.render import PLAN_FORMATS

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
@asking
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
    asked: Asked,
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
        asked: who judges what came when.
        ignore: a file of known denials that are left alone.
        no_color: no colours.

    Returns:
        0 when the plan was made or applied, 1 when the same denial came back while waiting.

    Raises:
        AvcdoctorError: see the exit codes of `avcdoctor --help`.
    """
    from avcdoctor.cli.work import fix as work  # noqa: PLC0415 - the help must not wait for the policy's libraries

    if format_ is not None and format_ not in PLAN_FORMATS:
        raise UsageError(f"there is no format {format_!r}", f"one of: {', '.join(PLAN_FORMATS)}")
    color = output.wants_color(no_color)
    only_shown = dry_run or out is not None or format_ is not None
    choice = work.Choice(remedy, all_safe=all_safe, modules=allow_modules, edit_config=edit_config)
    logs, root = work.split(logs or [], asked.root)
    asked = asked._replace(root=root)
    plan, machine = work.planned(
        logs, asked, filters, ignore, choice, shown_as=(format_ or "text") if only_shown else "", trust_log=trust_log
    )
    if only_shown or machine is None:
        work.write(plan, format_, out, color=color)
        return 0
    return work.apply_plan(
        plan,
        machine,
        yes=yes,
        allow_review=allow_review,
        restart=restart,
        wait=wait,
        logs=logs,
        color=color,
        trust_log=trust_log,
    )
