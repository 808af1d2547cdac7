"""Our counts beside those of auparse and of sepolgen's parser, on the same raw logs; each difference has its reason."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import List, Tuple

import pytest

from avcdoctor.read import read
from bench.generate import generate

SEEDS = range(8)
Vector = Tuple[str, str, str, str]


def make(seed: int, shape: str = "raw") -> str:
    return "".join(line + "\n" for line, _ in generate(seed, 80_000, 0.4, shape))


def ours(tmp_path: Path, text: str) -> Counter[Vector]:
    log = tmp_path / "audit.log"
    log.write_bytes(text.encode())
    counts: Counter[Vector] = Counter()
    for group in read([str(log)]).groups:
        for permission, seen in group.permissions.items():
            counts[(group.source, group.target, group.tclass, permission)] += seen
    return counts


def without(counts: Counter[Vector], tclass: str) -> Counter[Vector]:
    return Counter({vector: seen for vector, seen in counts.items() if vector[2] != tclass})


def by_auparse(text: str) -> Counter[Vector]:
    auparse = pytest.importorskip("auparse")
    parser = auparse.AuParser(auparse.AUSOURCE_BUFFER, text)
    counts: Counter[Vector] = Counter()
    while parser.parse_next_event():
        more = parser.first_record()
        while more:
            if parser.get_type_name() == "AVC":
                found = {}
                while True:
                    found.setdefault(parser.get_field_name(), parser.get_field_str())
                    if not parser.next_field():
                        break
                types = [found[name].split(":")[2] for name in ("scontext", "tcontext")]
                for permission in found["seperms"].split(","):
                    counts[(types[0], types[1], found["tclass"], permission)] += 1
            more = parser.next_record()
    return counts


def by_sepolgen(text: str) -> Counter[Vector]:
    audit = pytest.importorskip("sepolgen.audit")
    parser = audit.AuditParser()
    parser.parse_string(text)
    counts: Counter[Vector] = Counter()
    for message in parser.avc_msgs:
        for permission in message.accesses:
            counts[(message.scontext.type, message.tcontext.type, message.tclass, permission)] += 1
    return counts


@pytest.mark.bindings
@pytest.mark.parametrize("shape", ["raw", "enriched", "node"])
@pytest.mark.parametrize("seed", SEEDS)
def test_auparse_counts_the_same_kernel_vectors(tmp_path: Path, seed: int, shape: str) -> None:
    """auparse gives no permissions for USER_AVC (class dbus here) and SELINUX_ERR is no vector: ours counts both."""
    text = make(seed, shape)
    mine = ours(tmp_path, text)
    assert without(without(mine, "dbus"), "process") == by_auparse(text)


@pytest.mark.bindings
@pytest.mark.parametrize("shape", ["raw", "enriched", "node"])
@pytest.mark.parametrize("seed", SEEDS)
def test_sepolgen_counts_the_same_vectors(tmp_path: Path, seed: int, shape: str) -> None:
    """sepolgen reads USER_AVC as we do; SELINUX_ERR (class process here) is not among its vectors."""
    text = make(seed, shape)
    assert without(ours(tmp_path, text), "process") == by_sepolgen(text)


LINE = (
    'type=AVC msg=audit(1700000001.250:31): avc:  denied  {{ {0} }} for  pid=41 comm="app" name="x" dev="d" ino=7 '
    "scontext=system_u:system_r:app_t:s0 tcontext=system_u:object_r:data_t:s0 tclass=file permissive=0\n"
)
ONE: List[Tuple[str, str]] = [(permission, LINE.format(permission)) for permission in ("read", "write")]


@pytest.mark.bindings
def test_a_last_line_without_its_end(tmp_path: Path) -> None:
    """auparse drops a last line that has no newline; the denial in it happened, so ours is right."""
    text = ONE[0][1] + ONE[1][1].rstrip("\n")
    assert sum(ours(tmp_path, text).values()) == 2
    assert sum(by_auparse(text).values()) < 2


@pytest.mark.bindings
def test_lines_that_syslog_carried(tmp_path: Path) -> None:
    """auparse knows only auditd's own lines; the kernel's in syslog are the same denials, so ours is right."""
    text = ONE[0][1].replace("type=AVC msg=", "Jan 12 15:42:03 host kernel: audit: type=1400 ")
    assert sum(ours(tmp_path, text).values()) == 1
    assert sum(by_auparse(text).values()) == 0


@pytest.mark.bindings
def test_permissions_without_blanks_around_them(tmp_path: Path) -> None:
    """sepolgen splits at blanks and refuses `{read}`; no kernel prints it, but a person may have, and it is clear."""
    text = ONE[0][1].replace("{ read }", "{read}")
    assert sum(ours(tmp_path, text).values()) == 1
    assert sum(by_sepolgen(text).values()) == 0


@pytest.mark.bindings
def test_two_records_on_one_line(tmp_path: Path) -> None:
    """sepolgen takes the fields of a line as one record's, so both permissions get the last target; ours is right."""
    text = ONE[0][1].rstrip("\n") + " " + ONE[1][1].replace("data_t", "other_t")
    expected = Counter({("app_t", "data_t", "file", "read"): 1, ("app_t", "other_t", "file", "write"): 1})
    assert ours(tmp_path, text) == expected
    assert by_sepolgen(text) != expected
