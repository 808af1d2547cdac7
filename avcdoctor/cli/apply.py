"""`avcdoctor apply`: carries out a plan that was saved with `fix --out`."""

from typing import Annotated

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.confirm import AllowReview, Restart, TrustLog, Wait, Yes
from avcdoctor.cli.declare import argument

EXAMPLES = """\
  avcdoctor apply plan.json                        show the plan and its checks, ask, apply
  avcdoctor apply plan.json --yes --allow-review   without asking, once it has been read
  avcdoctor apply plan.json --wait 60s             and watch for the same denial afterwards
"""


def apply(
    file: Annotated[str, argument(metavar="PLAN", help="A plan saved with avcdoctor fix --out PLAN.")],
    *,
    yes: Yes = False,
    allow_review: AllowReview = False,
    restart: Restart = False,
    wait: Wait = None,
    trust_log: TrustLog = False,
    root: options.Root = None,
    no_color: options.NoColor = False,
) -> int:
    """Apply a saved plan, if the machine still is as the plan recorded it.

    Args:
        file: the plan.
        yes: do not ask.
        allow_review: let --yes apply remedies that a person should decide on.
        restart: restart the services that need it.
        wait: seconds to watch for the same denial afterwards.
        trust_log: carry out steps that rest on text which anybody could have written.
        root: an offline root to apply it to.
        no_color: no colours.

    Returns:
        0 when it was applied, 1 when the same denial came back while waiting.

    Raises:
        PlanError: the file is no plan that avcdoctor would carry out.
        PreflightError: the ground has shifted or another check failed; nothing was changed.
    """
    from avcdoctor.cli.work.confirm import apply_plan, machine_or_none  # noqa: PLC0415 - the help must not wait for it
    from avcdoctor.plan.file import load  # noqa: PLC0415 - likewise

    plan = load(file)
    machine = machine_or_none(root, needed=True)
    assert machine is not None  # noqa: S101 - for the type checker: it was needed
    color = output.wants_color(no_color)
    return apply_plan(
        plan,
        machine,
        yes=yes,
        allow_review=allow_review,
        restart=restart,
        wait=wait,
        logs=[],
        color=color,
        trust_log=trust_log,
    )
