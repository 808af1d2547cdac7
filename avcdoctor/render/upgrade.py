"""Render what another policy changes, as text or JSON."""

from __future__ import annotations

import json as standard_json

from avcdoctor.model import Group, safe_text
from avcdoctor.render import words
from avcdoctor.render.page import Page
from avcdoctor.review.upgrade import Upgrade

_MANY = 20


def text(found: Upgrade, *, width: int = 100, color: bool = False, verbose: bool = False) -> str:
    """Render a comparison for a terminal.

    Args:
        found: the comparison.
        width: columns.
        color: whether to use terminal colours.
        verbose: all of it, however long.
    """
    page = Page(width, color=color)
    page.paragraph(f"From {found.old} to {found.new}.", style="dim")
    lists = (
        ("denials that end", [words.arrow(group) for group in found.ended]),
        ("denials that begin", [words.arrow(group) for group in found.begun]),
        ("rules of local modules that are no longer needed", [f"{name}: {rule}" for name, rule in found.redundant]),
        ("what local parts rest on", list(found.lost)),
    )
    for title, lines in lists:
        page.blank()
        page.line((f"{title}: {len(lines):,}", "bold"))
        shown = lines if verbose else lines[:_MANY]
        for line in shown:
            page.line(line, indent=2)
        if len(lines) > len(shown):
            page.line(f"and {len(lines) - len(shown):,} more (-v)", indent=2)
    page.blank()
    untold = f", {found.untold:,} that one of them can't judge" if found.untold else ""
    page.line(f"{words.plural(found.kept, 'group')} that both deny{untold}")
    return page.text()


def json(found: Upgrade) -> str:
    """Render a comparison as one JSON object."""
    return (
        standard_json.dumps(
            {
                "schema_version": 1,
                "old": safe_text(found.old),
                "new": safe_text(found.new),
                "ended": [_group(one) for one in found.ended],
                "begun": [_group(one) for one in found.begun],
                "kept": found.kept,
                "untold": found.untold,
                "redundant": [{"module": safe_text(name), "rule": safe_text(rule)} for name, rule in found.redundant],
                "lost": [safe_text(one) for one in found.lost],
            },
            indent=2,
        )
        + "\n"
    )


def _group(group: Group) -> dict[str, object]:
    return {
        "source": safe_text(group.source),
        "target": safe_text(group.target),
        "tclass": safe_text(group.tclass),
        "permissions": [safe_text(name) for name in group.permissions],
        "count": group.count,
    }
