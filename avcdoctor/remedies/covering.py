"""The smallest set of remedies that ends the denials of a log."""

from __future__ import annotations

from typing import List, Sequence, Set, Tuple

from avcdoctor.model import Incident, Remedy

Argv = Tuple[str, ...]


def cover(incidents: Sequence[Incident]) -> Tuple[Tuple[str, int], ...]:
    """One remedy for every incident, but none twice: what one incident's remedy does may end another as well.

    Args:
        incidents: those with most denials first; their first remedies are preferred.

    Returns:
        (incident id, index of its remedy) for each remedy of the set; one that ends nothing is left out.
    """
    chosen: List[Tuple[str, int]] = []
    done: Set[Argv] = set()
    for incident in sorted(incidents, key=lambda one: -_by_itself(one)):
        helping = [(index, one) for index, one in enumerate(incident.remedies) if _helps(one)]
        if not helping or any(_commands(one) and _commands(one) <= done for _index, one in helping):
            continue
        index, first = helping[0]
        chosen.append((incident.id, index))
        done |= _commands(first)
    order = {incident.id: position for position, incident in enumerate(incidents)}
    return tuple(sorted(chosen, key=lambda one: order[one[0]]))


def _by_itself(incident: Incident) -> int:
    """How much an incident needs a remedy of its own: those with one choice are settled first."""
    return 1 if sum(_helps(one) for one in incident.remedies) == 1 else 0


def _helps(remedy: Remedy) -> bool:
    return remedy.resolves > 0 and remedy.simulation.after != "denied"


def _commands(remedy: Remedy) -> Set[Argv]:
    """What a program would do for it; nothing for a remedy in words."""
    return {action.argv for action in remedy.actions if action.argv}
