"""Remedy `mount-option`: the label of a whole mount."""

from __future__ import annotations

from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """Label a mount as a whole."""
    return by_hand(
        site,
        "mount it with a label of its own",
        "a mount's options are set by whoever mounts it",
        "mount with `-o context=system_u:object_r:TYPE:s0`",
    )
