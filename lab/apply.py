"""Applies a remedy in the guest through avcdoctor itself and takes it back."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

from lab.guest import Guest


class Applied(NamedTuple):
    """Whether it went through, and what was said."""

    done: bool
    said: str = ""


def fix(guest: Guest, log: str, incident: Dict[str, Any], chosen: int) -> Applied:
    """`avcdoctor fix`, without questions.

    Args:
        guest: where.
        log: path of the records in the guest.
        incident: as in the JSON report.
        chosen: index of the remedy, from 0.
    """
    command = f"avcdoctor fix {log} --incident {incident['id']} --remedy {chosen + 1} --yes --allow-review"
    done = guest.run(command, 300)
    return Applied(done.code == 0, f"exit {done.code}: {done.output.strip()[-500:]}")


def undo(guest: Guest) -> Applied:
    """`avcdoctor undo`: the last transaction."""
    done = guest.run("avcdoctor undo --yes", 300)
    return Applied(done.code == 0, f"exit {done.code}: {done.output.strip()[-500:]}")
