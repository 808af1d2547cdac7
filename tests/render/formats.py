"""A report in every format there is."""

from __future__ import annotations

from typing import Iterator, Tuple

from avcdoctor.errors import NoRemedyError
from avcdoctor.model import Report
from avcdoctor.render import FORMATS


def every_format(report: Report) -> Iterator[Tuple[str, str]]:
    """(name, output) of each format; those of a plan are left out where there is nothing to plan."""
    for name, render in FORMATS.items():
        try:
            yield name, render(report)
        except NoRemedyError:
            continue
