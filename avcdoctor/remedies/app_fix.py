"""Remedy `app-fix`: mend it in the program or its configuration."""

from __future__ import annotations

from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """The program or its configuration is the place to mend."""
    return by_hand(
        site,
        "mend it in the program or its configuration",
        "not a matter of the policy",
        "change what the program does",
    )
