"""Turn a report into text: one file per format, no input or output."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Callable, Mapping

from avcdoctor.model import Report


def _render(name: str, report: Report) -> str:
    """Render with the function `name` of the module `name`, imported only now: jinja2 costs more than a short log."""
    function: Callable[[Report], str] = getattr(import_module(f"avcdoctor.render.{name}"), name)
    return function(report)


FORMATS: Mapping[str, Callable[[Report], str]] = {
    name: partial(_render, name) for name in ("text", "json", "markdown", "html")
}
"""The formats of a report and what renders them; each is a module of this package with a function of its name."""
