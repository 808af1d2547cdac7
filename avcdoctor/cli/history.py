"""`avcdoctor history`: what was changed, when, by whom, and what of it is in place."""

from typing import Annotated, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.declare import argument, option
from avcdoctor.errors import UsageError

EXAMPLES = """\
  avcdoctor history                  every fix and undo on this machine, and its state
  avcdoctor history show 3           each item of transaction 3, before, after and now
  avcdoctor history --format json    the same for programs
"""
FORMATS = ("text", "json")
Format = Annotated[
    str, option("--format", "-f", metavar="FORMAT", show_default=True, help="How to write it: text or json.")
]


def history(
    action: Annotated[
        Optional[str], argument(metavar="[show]", show_default=False, help="One transaction in full.")
    ] = None,
    number: Annotated[
        Optional[int], argument(metavar="[N]", show_default=False, min=1, help="Which one, by its number.")
    ] = None,
    *,
    root: options.Root = None,
    format_: Format = "text",
) -> int:
    """List what avcdoctor changed on this machine; the state is looked up, so it is true also after a crash.

    Args:
        action: "show" for one transaction in full.
        number: which one.
        root: an offline root.
        format_: text or json.

    Returns:
        0.

    Raises:
        HistoryError: there is no such transaction, or the history can't be read.
    """
    from avcdoctor.apply import undo as undoing  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.cli.work.confirm import machine_or_none  # noqa: PLC0415 - likewise
    from avcdoctor.render import history as pages  # noqa: PLC0415 - likewise

    check_format(format_)
    if (action is None) != (number is None) or action not in (None, "show"):
        raise UsageError("history lists all transactions; history show N shows one")
    machine = machine_or_none(root, needed=True)
    assert machine is not None  # noqa: S101 - for the type checker: it was needed
    transactions = [machine.history.load(known) for known in machine.history.numbers()]
    undone = undoing.undone_by(transactions)
    if number is None:
        states = [undoing.state_of(transaction, machine, undone) for transaction in transactions]
        output.emit((pages.list_json if format_ == "json" else pages.list_text)(transactions, states))
        return 0
    transaction = machine.history.load(number)
    items = () if machine.store.damaged else undoing.standing(transaction, machine)
    page = pages.show_json if format_ == "json" else pages.show_text
    output.emit(page(transaction, undoing.state_of(transaction, machine, undone), items))
    return 0


def check_format(format_: str) -> None:
    """See that a format is one of `FORMATS`.

    Raises:
        UsageError: it is not.
    """
    if format_ not in FORMATS:
        raise UsageError(f"there is no format {format_!r}", f"one of: {', '.join(FORMATS)}")
