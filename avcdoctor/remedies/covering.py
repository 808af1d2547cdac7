"""Chooses the remedies that together end most of a log."""

from __future__ import annotations

from collections import Counter
from typing import AbstractSet, Dict, FrozenSet, List, Sequence, Set, Tuple

from avcdoctor.model import Incident, Remedy

Commands = FrozenSet[Tuple[str, ...]]
Choices = Dict[str, Dict[int, Commands]]
"""For every incident that can be helped: what each remedy that helps would do."""


def cover(incidents: Sequence[Incident]) -> Tuple[Tuple[str, int], ...]:
    """One remedy for every incident, but none twice: what one incident's remedy does may end another as well.

    Args:
        incidents: those with most denials first; their first remedies are preferred.

    Returns:
        (incident id, index of its remedy) for each remedy of the set; one that ends nothing, or that the others make
        needless, is left out.
    """
    choices = {one.id: _choices(one) for one in incidents}
    choices = {name: helping for name, helping in choices.items() if helping}
    chosen: Dict[str, int] = {}
    done: Set[Tuple[str, ...]] = set()
    for name in sorted(choices, key=lambda one: (len(choices[one]) > 1, -len(choices[one][min(choices[one])]))):
        # Those with one choice are settled first, and what does most before its parts.
        if not _is_ended(choices[name], done):
            chosen[name] = min(choices[name])
            done |= choices[name][chosen[name]]
    for name in _doubtful(choices, chosen):
        fewer = {other: index for other, index in chosen.items() if other != name}
        rest = frozenset().union(*(choices[other][index] for other, index in fewer.items()))
        if all(other in fewer or _is_ended(choices[other], rest) for other in choices):
            chosen = fewer
    return tuple((one.id, chosen[one.id]) for one in incidents if one.id in chosen)


def _choices(incident: Incident) -> Dict[int, Commands]:
    return {index: _commands(one) for index, one in enumerate(incident.remedies) if _helps(one)}


def _helps(remedy: Remedy) -> bool:
    return remedy.resolves > 0 and remedy.simulation.after != "denied"


def _commands(remedy: Remedy) -> Commands:
    """What a program would do for it; nothing for a remedy in words."""
    return frozenset(action.argv for action in remedy.actions if action.argv)


def _doubtful(choices: Choices, chosen: Dict[str, int]) -> List[str]:
    """The chosen that others may make needless, since all they do is done for another incident as well."""
    times = Counter(command for helping in choices.values() for command in frozenset().union(*helping.values()))
    shared = {command for command, seen in times.items() if seen > 1}
    found = [name for name in chosen if _is_ended(choices[name], shared)]
    return sorted(found, key=lambda one: len(choices[one][chosen[one]]))


def _is_ended(helping: Dict[int, Commands], done: AbstractSet[Tuple[str, ...]]) -> bool:
    """Whether what is done anyway is all that one of these remedies would do."""
    return any(commands and commands <= done for commands in helping.values())
