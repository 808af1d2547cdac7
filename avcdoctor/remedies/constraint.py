"""Remedy `constraint`: bring level, user or role of both sides together."""

from __future__ import annotations

from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """Levels, users, roles: bring them together."""
    field = site.text("field", "level")
    return by_hand(
        site,
        f"bring the {field} of both sides together",
        "a constraint: no allow rule can lift it",
        f"compare the {field} of process and object: `ps -eZ`, `ls -Z`",
    )
