"""Turn a report into text: one file per format, no input or output."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Callable, Mapping, NamedTuple

from avcdoctor.model import Report


class How(NamedTuple):
    """What formats may heed of how they are shown; programs' formats heed none of it.

    Args:
        width: columns of the terminal.
        color: whether to use terminal colours; they never carry meaning alone.
        verbose: everything: all groups, objects, records, undo commands and sources.
        whole: every incident in full, however many there are.
        sort: the order of a list, one of `rank.SORTS`.
        host: the machine that makes it.
        made: when it is made, in milliseconds since 1970.
        version: avcdoctor's.
    """

    width: int = 100
    color: bool = False
    verbose: bool = False
    whole: bool = True
    sort: str = "danger"
    host: str = ""
    made: int = 0
    version: str = ""


def _render(name: str, report: Report, how: How = How()) -> str:  # noqa: B008 - a tuple never changes
    """Render with the module of a format, imported only now: jinja2 costs more than a short log."""
    module = import_module(f"avcdoctor.render.{name.replace('-', '_')}")
    function: Callable[[Report, How], str] = module.render
    return function(report, how)


FORMATS: Mapping[str, Callable[..., str]] = {
    name: partial(_render, name)
    for name in ("text", "list", "json", "json-lines", "markdown", "html", "ansible", "shell")
}
"""The formats of a report; each is a module of this package with a function `render(report, how)`."""
PLAN_FORMATS = ("text", "json", "shell", "ansible")
"""The formats of a plan; see `plans.render`."""
