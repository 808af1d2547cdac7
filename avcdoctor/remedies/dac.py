"""Remedy `dac`: owner or mode is the fault, and neither a rule nor a label helps."""

from __future__ import annotations

from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """Name the file and what has to change; which owner is right only a person knows."""
    path = site.text("path")
    title = "put owner or mode right" + (f" of {path}" if path else "")
    return by_hand(
        site,
        title,
        "owner and mode are checked before SELinux; no rule is involved",
        "give the file the owner, group or mode that the service needs",
    )
