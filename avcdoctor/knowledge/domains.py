"""Families of domains, from the table policies/facts/domains.yaml: what a service is for, which no policy says."""

from __future__ import annotations

from functools import lru_cache
from typing import Tuple

from avcdoctor.knowledge.globs import fits
from avcdoctor.knowledge.tables import groups

_TABLE = "domains.yaml"


@lru_cache(maxsize=4096)
def in_family(domain: str, *families: str) -> bool:
    """Whether a domain belongs to one of these families.

    Args:
        domain: the domain's type.
        families: names of the table; one that it does not have holds nothing.
    """
    table = groups(_TABLE)
    return any(fits(domain, pattern) for family in families for pattern in table.get(family, ()))


def domain_for(family: str) -> str:
    """The domain that stands for a part: the member of a family of one, the administrator's own where there is one.

    Args:
        family: a family of the table, such as `administrator`.
    """
    return groups(_TABLE)[family][-1]


def members(family: str) -> Tuple[str, ...]:
    """The names and patterns of one family, in the order of the table; none for a family that is not there."""
    return tuple(groups(_TABLE).get(family, ()))


def families() -> Tuple[str, ...]:
    """The names of all families."""
    return tuple(groups(_TABLE))
