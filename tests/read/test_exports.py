"""What programs make of a log is read as the log is, as far as the form holds it, or refused with a word."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Tuple

import pytest

from avcdoctor.model import Reading
from avcdoctor.read import read
from tests.read.exports import EXPORTS, LOG, PART, REFUSED, SAME, written

Groups = Dict[Tuple[object, ...], Tuple[object, ...]]


def groups(reading: Reading) -> Groups:
    """What was read: what each group is, and which programs, objects, contexts and ports it has."""
    return {
        (group.source, group.target, group.tclass, tuple(sorted(group.permissions.items())), group.count): tuple(
            tuple(sorted(one.value for one in counted))
            for counted in (group.objects, group.processes, group.source_contexts, group.target_contexts, group.ports)
        )
        for group in reading.groups
    }


def outcome(found: Reading, truth: Groups) -> str:
    """How much of a log was read; `wrong` where a denial was invented or changed."""
    told = groups(found)
    if told == truth:
        return SAME
    if not told:
        return REFUSED if found.summary.warnings or found.summary.unreadable else "lost in silence"
    return PART if all(truth.get(key) == value for key, value in told.items()) else "wrong"


@pytest.mark.parametrize("name", list(EXPORTS))
def test_each_export(name: str, tmp_path: Path) -> None:
    log, bare = tmp_path / "log", tmp_path / "bare"
    log.write_bytes(written(name))
    bare.write_text(LOG)
    assert outcome(read([str(log)]), groups(read([str(bare)]))) == EXPORTS[name].expected
