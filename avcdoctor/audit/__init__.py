"""From bytes to denials: finds the few lines that matter, assembles events, reads fields, gives them meaning."""

from __future__ import annotations

from avcdoctor.audit.reading import read

__all__ = ["read"]
