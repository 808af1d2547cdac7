"""Render a report as a list: one line for each incident."""

from __future__ import annotations

from avcdoctor.model import Report
from avcdoctor.render import How
from avcdoctor.render.page import Page
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.rank import ordered
from avcdoctor.render.table import table


def render(report: Report, how: How) -> str:
    """The table alone, in the order that is asked for."""
    page = Page(how.width, color=how.color)
    table(page, ordered(keep_promise(report).incidents, how.sort))
    return page.text()
