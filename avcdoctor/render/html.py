"""Render a report as one self-contained HTML page: no script, nothing fetched, light and dark."""

from __future__ import annotations

from typing import Any

import jinja2
from markupsafe import Markup

from avcdoctor.model import Report, safe_text
from avcdoctor.render import cover, words
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.quote import display_command


def html(report: Report) -> str:
    """Render a report as an HTML page.

    Args:
        report: what was found.

    Returns:
        The page; every value is made safe to show and then escaped by the template engine, without exception.
    """
    environment = jinja2.Environment(
        autoescape=True,
        finalize=_shown,
        loader=jinja2.PackageLoader("avcdoctor.render", "."),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    report = keep_promise(report)
    chosen = cover.ways(report)
    return environment.get_template("report.html.j2").render(
        report=report,
        title=words.title(report),
        words=words,
        command=display_command,
        cover=chosen,
        cover_sentence=cover.sentence(report, chosen) if chosen else "",
    )


def _shown(value: Any) -> Any:
    """Make a value safe to show; what a macro of the template has made is done already."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
