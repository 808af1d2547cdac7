"""avcdoctor finds out why SELinux said no and what the smallest right remedy is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avcdoctor.api import explain

__all__ = ["__version__", "explain"]
__version__ = "0.2.0"


def __getattr__(name: str) -> object:
    """Import `explain` when it is first asked for (PEP 562); `avcdoctor --help` must not wait for so much.

    Raises:
        AttributeError: there is no such name.
    """
    if name != "explain":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from avcdoctor.api import explain as found  # noqa: PLC0415 - see above

    return found
