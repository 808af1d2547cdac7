"""Finds the boolean settings that make something true: single ones first, then pairs of which neither helps alone."""

from __future__ import annotations

from itertools import combinations, islice
from typing import Callable, Mapping, Sequence, Tuple

Setting = Tuple[str, bool]
_MOST_PAIRS = 400  # tried when no boolean helps alone; real rules have far fewer


def helpful(
    candidates: Sequence[Setting], holds: Callable[[Mapping[str, bool]], bool]
) -> Tuple[Tuple[Setting, ...], ...]:
    """Try booleans one by one, then in pairs.

    Args:
        candidates: booleans with the value to try.
        holds: whether the aim is reached with these values; asked for none at all first.

    Returns:
        Each combination that helps; nothing when the aim is reached already.
    """
    if holds({}):
        return ()
    singles = [(one,) for one in candidates if holds(dict([one]))]
    helps = {single[0] for single in singles}
    rest = [one for one in candidates if one not in helps]
    pairs = [pair for pair in islice(combinations(rest, 2), _MOST_PAIRS) if holds(dict(pair))]
    return (*singles, *pairs)
