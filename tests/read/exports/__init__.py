"""What programs make of a log when they export, show, quote or ship it: one function for each."""

from tests.read.exports import conversations, documents, journal, stores, tools
from tests.read.exports.form import EXPORTS, LOG, PART, REFUSED, SAME

__all__ = [
    "EXPORTS",
    "LOG",
    "PART",
    "REFUSED",
    "SAME",
    "conversations",
    "documents",
    "journal",
    "stores",
    "tools",
    "written",
]


def written(name: str) -> bytes:
    """The log in a form."""
    told = EXPORTS[name].write(LOG.splitlines())
    return told if isinstance(told, bytes) else told.encode("utf-8", "surrogateescape")
