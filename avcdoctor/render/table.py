"""Incidents as a table, one line each: as much of each as the width has room for."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Sequence

from avcdoctor.model import Incident, safe_text
from avcdoctor.render import words
from avcdoctor.render.columns import columns, fit, pad
from avcdoctor.render.page import Page, Span
from avcdoctor.render.rank import host_count, hosts, last, rank

_GAP = "  "


class _Column(NamedTuple):
    """One column.

    Args:
        head: its heading.
        value: what it says of an incident.
        style: its colour; `rank` is that of the incident's rank.
        room: how wide the table has to be for it to be shown.
        most: how wide it gets; the title takes what the others leave.
    """

    head: str
    value: Callable[[Incident], str]
    style: str = ""
    room: int = 0
    most: int = 20
    right: bool = False


def _kind(incident: Incident) -> str:
    return incident.remedies[0].kind if incident.remedies else "none known"


def _hosts(incident: Incident) -> str:
    found = hosts(incident)
    more = host_count([incident]) - 1
    return "" if not found else found[0].value + (f" +{more:,}" if more > 0 else "")


def _last(incident: Incident) -> str:
    return words.minute(last(incident)) if last(incident) else ""


_TITLE = "what"
_COLUMNS = (
    _Column("", lambda one: rank(one).word, "rank"),
    _Column("incident", lambda one: one.id, most=12),
    _Column("denials", lambda one: f"{one.denials:,}", right=True),
    _Column("rule or cause", words.label, "cyan", 110, 18),
    _Column(_TITLE, lambda one: one.finding.title, "bold", most=0),
    _Column("first remedy", _kind, "", 100, 17),
    _Column("last", _last, "dim", 130, 16),
    _Column("host", _hosts, "dim", 150, 24),
)


def table(page: Page, incidents: Sequence[Incident]) -> None:
    """Add the table; columns that say nothing are left out."""
    cells = {column.head: [safe_text(column.value(one)) for one in incidents] for column in _COLUMNS}
    shown = [column for column in _COLUMNS if page.width >= column.room and any(cells[column.head])]
    sizes = {column.head: _size(column, cells[column.head]) for column in shown}
    sizes[_TITLE] = max(20, page.width - sum(sizes.values()) - len(_GAP) * (len(shown) - 1))
    if incidents:
        page.line((_row([(pad(one.head, sizes[one.head], one.right)) for one in shown]), "dim"))
    for number, incident in enumerate(incidents):
        spans: List[Span] = []
        for column in shown:
            size = sizes[column.head]
            style = rank(incident).style if column.style == "rank" else column.style
            text = fit(cells[column.head][number], size)
            spans += [(text, style), " " * (size - columns(text)) + _GAP]
            if column.right:
                spans[-2:] = [pad(text, size, right=True), _GAP]
        page.line(*spans)


def _size(column: _Column, values: Sequence[str]) -> int:
    if column.head == _TITLE:
        return 0
    return max(columns(column.head), min(column.most, max(map(columns, values), default=0)))


def _row(cells: Sequence[str]) -> str:
    return _GAP.join(cells).rstrip()
