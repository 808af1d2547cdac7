"""Says who tells us a record: the kernel, an object manager that is known, or a text that anybody may have written."""

from __future__ import annotations

import functools
import re
from fnmatch import fnmatchcase
from typing import Tuple

from avcdoctor.model import KERNEL, MANAGER, TEXT
from avcdoctor.resources import policies_dir

_LONGEST_HEAD = 1024  # bytes before a message, all of which the kernel wrote
_OUTER = re.compile(rb"(?:user )?pid=([0-9]+) (?:[a-z]+=[^ ']+ )*?subj=[^ :']+:[^ :']+:([^ :']+)[^ ']* msg='")


def provenance(type_: str, body: bytes, vouched: bool) -> str:
    """Where a record comes from.

    Args:
        type_: the record's type.
        body: what follows its header.
        vouched: it stands in the audit trail as auditd wrote it, or the journal says that it came from the kernel.

    Returns:
        One of `model.PROVENANCES`.
    """
    if not vouched:
        return TEXT
    if not type_.startswith("USER"):
        return KERNEL
    outer = _OUTER.match(body[:_LONGEST_HEAD])
    if outer is None:
        return TEXT
    return MANAGER if outer[1] == b"1" or _is_manager(outer[2].decode("ascii", "replace")) else TEXT


@functools.lru_cache(maxsize=256)
def _is_manager(domain: str) -> bool:
    return any(fnmatchcase(domain, pattern) for pattern in _managers())


@functools.lru_cache(maxsize=1)
def _managers() -> Tuple[str, ...]:
    """The domains of policies/facts/object-managers.txt."""
    text = (policies_dir() / "facts" / "object-managers.txt").read_text("utf-8")
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))
