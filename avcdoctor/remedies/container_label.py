"""Remedy `container-label`: labels and categories that the container engine sets."""

from __future__ import annotations

from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """Labels of a volume, or of the container."""
    return by_hand(
        site,
        "label the volume for containers",
        "the container engine does the labelling",
        "add :Z (one container) or :z (several) to the volume",
    )
