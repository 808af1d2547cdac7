"""`avcdoctor undo`: takes back what a fix changed."""

from typing import TYPE_CHECKING, Annotated, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.confirm import Yes
from avcdoctor.cli.declare import argument
from avcdoctor.cli.history import Format, check_format
from avcdoctor.model import safe_text

if TYPE_CHECKING:
    from avcdoctor.apply.apply import Applied

EXAMPLES = """\
  avcdoctor undo            the newest fix that was not undone yet, or the one that was cut short
  avcdoctor undo 3          transaction 3; avcdoctor history lists them
  avcdoctor undo 4          where 4 was itself an undo, this makes the change again
"""


def undo(
    number: Annotated[Optional[int], argument(metavar="[N]", help="The transaction's number.", min=1)] = None,
    *,
    yes: Yes = False,
    root: options.Root = None,
    format_: Format = "text",
) -> int:
    """Take a fix back, item by item, and leave alone what something else has changed since.

    Args:
        number: the transaction; the newest open one when left out.
        yes: do not ask.
        root: an offline root.
        format_: text or json.

    Returns:
        0 when it was taken back.

    Raises:
        HistoryError: there is nothing to undo.
        RollbackError: an item could not be set; the message says which.
    """
    from avcdoctor.apply import undo as undoing  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.cli.work.confirm import agree, machine_or_none  # noqa: PLC0415 - likewise
    from avcdoctor.render import history as pages  # noqa: PLC0415 - likewise

    check_format(format_)
    machine = machine_or_none(root, needed=True)
    assert machine is not None  # noqa: S101 - for the type checker: it was needed
    if machine.store.damaged:
        output.note(f"{machine.store.directory} was left damaged; its last good state is put back first")
    reverse = undoing.plan_undo(machine, number)
    if format_ == "text":
        output.emit(pages.reverse_text(reverse))
    agree("safe", f"take this back on {machine.name}?", yes=yes)
    outcome = undoing.undo(machine, number, say=output.note)
    _tell(outcome, reverse.transaction.number, format_)
    return 0


def _tell(outcome: "Applied", number: int, format_: str) -> None:
    from avcdoctor.apply.transaction import to_json  # noqa: PLC0415 - known by now

    if format_ == "json":
        output.emit(to_json(outcome.transaction))
    else:
        for skip in outcome.skipped:
            output.note(f"left alone: {safe_text(skip.path)}: {skip.why}")
        output.emit(f"done: transaction {number} was taken back by transaction {outcome.transaction.number}\n")
