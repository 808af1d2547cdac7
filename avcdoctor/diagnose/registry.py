"""Finds every cause: each module of `causes` enters itself, with its place in the order of proof and its pages."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Callable, Dict, List, Mapping, NamedTuple, Tuple, Union

from avcdoctor.diagnose import causes as package
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.model import RuledOut

Answer = Union[Diagnosis, RuledOut, None]
Diagnose = Callable[[Case], Answer]


class Page(NamedTuple):
    """What `avcdoctor rules show` tells of one kind of reason for a denial.

    Args:
        id: as findings and reports name it.
        title: a few words for lists.
        means: what is the matter, for somebody who has not met it.
        told: by which signs it is recognised.
        way: what is done about it.
    """

    id: str
    title: str
    means: str
    told: str
    way: str


class Cause(NamedTuple):
    """What looks for a cause: `diagnose` proves it, rules it out, or has nothing to say; `ends` stops the search."""

    place: int
    diagnose: Diagnose
    ends: bool = False


_CAUSES: Dict[int, Cause] = {}
_PAGES: Dict[str, Page] = {}
_loaded: List[bool] = []


def cause(place: int, *pages: Page, ends: bool = False) -> Callable[[Diagnose], Diagnose]:
    """Enter a function into the causes.

    Args:
        place: its place in the order of proof; the cause with the lowest one that answers leads.
        pages: those of the causes it names, but for the ones that another module tells of.
        ends: what it proves ends the search.

    Raises:
        ValueError: the place or a page is taken.
    """

    def enter(diagnose: Diagnose) -> Diagnose:
        taken = [one.id for one in pages if one.id in _PAGES]
        if place in _CAUSES or taken:
            raise ValueError(f"{diagnose.__module__}: the place {place} or a page is taken: {', '.join(taken)}")
        _CAUSES[place] = Cause(place, diagnose, ends)
        _PAGES.update((one.id, one) for one in pages)
        return diagnose

    return enter


def causes() -> Tuple[Cause, ...]:
    """Every cause, the one to be believed first at the head.

    What the policy at hand allows stands behind what is wrong on the machine: a log may come from another one, and
    there the label or the domain is wrong whatever the policy at hand allows. It ends the search: what is allowed
    needs no option, port or rule.
    """
    _load()
    return tuple(_CAUSES[place] for place in sorted(_CAUSES))


def pages() -> Mapping[str, Page]:
    """Every page by its id; a rule pack of an administrator may name further causes, which have no page."""
    _load()
    return {name: _PAGES[name] for name in sorted(_PAGES)}


def _load() -> None:
    if not _loaded:
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
        _loaded.append(True)
