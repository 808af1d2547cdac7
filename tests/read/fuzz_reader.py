"""A target for atheris: whatever bytes come, both readers end, count consistently and raise nothing.

    pip install atheris
    python -m tests.read.fuzz_reader -max_total_time=600 -timeout=10 -rss_limit_mb=512 CORPUS_DIRECTORY

Findings become cases of test_fuzz_findings.py.
"""

from __future__ import annotations

import sys

from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Context, Denial
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader
from avcdoctor.read.live import LiveReader
from avcdoctor.sources.journal import raw_lines


def check_text(denial: Denial) -> None:
    """Everything but the raw names is safe to show."""
    texts = [denial.comm, denial.exe, denial.path, denial.name, denial.cwd, denial.tclass, *denial.raw, *denial.execve]
    assert all(text.isprintable() for text in [*texts, *denial.fields.values(), *denial.proctitle])
    assert isinstance(denial.source, Context)


def check(data: bytes) -> None:
    """Read bytes as a log in every way there is, and check what must hold for any log."""
    for size in (len(data) or 1, 37):
        grouper, tally = Grouper(), Tally()
        scanner = Scanner(grouper, tally)
        scanner.begin("fuzz")
        for start in range(0, len(data), size):
            scanner.feed(data[start : start + size])
        scanner.finish()
        check_counts(grouper, tally)
    grouper, tally = Grouper(), Tally()
    reader = PlainReader(grouper, tally)
    reader.read(data.split(b"\n"), "fuzz")
    reader.read(data.split(b"\n"), "fuzz", trail=True)
    reader.read_vouched(raw_lines(data.split(b"\n")), "journal")
    reader.finish("fuzz")
    check_counts(grouper, tally)
    live = LiveReader()
    live.feed(data)
    live.settle()
    live.news()


def check_counts(grouper: Grouper, tally: Tally) -> None:
    """Groups hold exactly what was counted."""
    groups = grouper.groups()
    assert sum(group.count for group in groups) + grouper.folded == tally.denials == sum(tally.provenance.values())
    for group in groups:
        assert group.permissive <= group.count
        assert all(seen <= group.count for _, seen in group.objects)
        for denial in group.examples:
            check_text(denial)
    tally.summary(["fuzz"])


def main() -> None:
    """Let atheris try."""
    import atheris  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - only fuzzing needs it

    atheris.instrument_all()  # takes half a minute; instrument_imports around the imports above starts faster
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
