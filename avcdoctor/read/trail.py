"""Tells an audit trail, which auditd alone writes, from any other text."""

from __future__ import annotations

from avcdoctor.parse.records import is_tidy

_FEW = 100  # of so many lines one may be damaged: a crash leaves such


def is_trail(sample: bytes) -> bool:
    """Whether a text's beginning is auditd's own: its lines, or those `ausearch` prints without interpreting them.

    A line that begins like a record is believed to be one only there; in a text of another kind somebody may have
    written it.

    Args:
        sample: the beginning, perhaps cut within a line.
    """
    lines = [line for line in sample.splitlines() if line.strip() and not line.startswith((b"----", b"time->"))]
    if not sample.endswith(b"\n") and len(lines) > 1:
        lines.pop()
    odd = sum(not is_tidy(line) for line in lines)
    return odd * _FEW < len(lines)
