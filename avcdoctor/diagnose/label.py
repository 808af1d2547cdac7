"""Says which type a path should have: by the label database at hand, else by the table of well-known places."""

from __future__ import annotations

from typing import NamedTuple, Optional

from avcdoctor.host import Host
from avcdoctor.knowledge import facts


class Meant(NamedTuple):
    """The type a path is meant to have.

    Args:
        type: the type; empty where nobody knows.
        sure: the label database at hand says so, not the table.
    """

    type: str
    sure: bool


NOBODY_KNOWS = Meant("", False)


def label_for(host: Host, path: str, mode: int = 0, *, tables: Optional[bool] = None) -> Meant:
    """The type a path should have.

    Args:
        host: whose label database is asked.
        path: the path.
        mode: st_mode; only its file type counts, 0 stands for any.
        tables: ask the table of well-known places where the database says nothing; None where there is no database.
    """
    own = host.own_label_for(path, mode)
    if own is not None:
        return Meant(own.type, True)
    if host.by_reference and host.labels is host.reference_labels:
        known = facts.default_label(path)  # a longer table than the reference policy's few file contexts
        if known is not None and known.sure:
            return Meant(known.type, False)
    found = host.label_for(path, mode)
    if found is not None:
        return Meant(found.type, True)
    if host.labels is None or tables:
        told = facts.default_label(path)
        return NOBODY_KNOWS if told is None else Meant(told.type, False)
    return Meant("", True)
