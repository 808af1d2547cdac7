"""Ignore files: denials that are known, each with a reason and, if wanted, the day on which it is looked at again."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import yaml

from avcdoctor.errors import InputError
from avcdoctor.gate.filters import NAMES, Filters, option, unknown_kind
from avcdoctor.knowledge.nodes import Reader, compose
from avcdoctor.model import Incident, safe_text
from avcdoctor.sources.regular import read_regular

_FIELDS: Dict[str, str] = {option(name): name for name in NAMES}
_MOST = 4 << 20
_KEYS = (*_FIELDS, "reason", "until")
_HEADER = """\
# Denials that are known here: `avcdoctor explain --ignore FILE` counts them and shows only the others.
# An incident is known when entries know all of it: a new target beside a known one is shown.
# Every entry has a reason and at least one filter, as on the command line (source, target, class, process, path,
# node, cause, rule, remedy-kind, incident): a value or a list, * and ? as in a shell. `until` is the last day.
"""


@dataclass(frozen=True)
class Entry:
    """What is known, why it may be, and the last day on which it is.

    Args:
        where: FILE:LINE.
    """

    filters: Filters
    reason: str
    until: Optional[datetime.date]
    where: str

    def is_over(self, today: datetime.date) -> bool:
        """Whether the entry holds no more."""
        return self.until is not None and today > self.until


def load(path: Path) -> Tuple[Entry, ...]:
    """Read an ignore file.

    Raises:
        InputError: it can't be read, or is not as it should be; the message tells every fault with its line.
    """
    shown = safe_text(str(path))
    try:
        root = compose(read_regular(path, _MOST).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{shown}: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{shown} is no YAML: {' '.join(str(error).split())}") from error
    reader = Reader(shown)
    entries = tuple(_entry(reader, node) for node in reader.sequence(root))
    if reader.problems:
        raise InputError("; ".join(f"{one.file}:{one.line}: {one.message}" for one in reader.problems))
    return entries


def _entry(reader: Reader, node: yaml.Node) -> Entry:
    pairs = reader.mapping(node, _KEYS, ("reason",))
    filters = Filters(**{_FIELDS[key]: reader.texts(value) for key, value in pairs.items() if key in _FIELDS})
    if not filters:
        reader.fail(node, f"an entry needs one of {', '.join(_FIELDS)}, or it would ignore everything")
    unknown = unknown_kind(filters)
    if unknown:
        reader.fail(pairs["remedy-kind"], f"there is no remedy kind {unknown!r}")
    reason = reader.text(pairs.get("reason"))
    if "reason" in pairs and not reason:
        reader.fail(pairs["reason"], "the reason is empty")
    until = None
    if "until" in pairs:
        try:
            until = datetime.date.fromisoformat(reader.text(pairs["until"]))
        except ValueError:
            reader.fail(pairs["until"], "'until' is a day such as 2026-12-31")
    return Entry(filters, reason, until, f"{reader.file}:{node.start_mark.line + 1}")


def split(
    incidents: Sequence[Incident], entries: Sequence[Entry], today: datetime.date, hosts: Sequence[str] = ()
) -> Tuple[List[Incident], List[Incident]]:
    """Incidents that are new, and those that entries which still hold know: every group of them, not one alone."""
    holding = [entry.filters for entry in entries if not entry.is_over(today)]
    new: List[Incident] = []
    known: List[Incident] = []
    for incident in incidents:
        groups = incident.finding.groups
        all_known = all(any(filters.covers(incident, group, hosts) for filters in holding) for group in groups)
        (known if all_known else new).append(incident)
    return new, known


def written(incidents: Sequence[Incident]) -> str:
    """An ignore file that knows these incidents: a start, whose reasons are for a person to write."""
    entries = []
    for incident in incidents:
        finding = incident.finding
        entry: Dict[str, object] = {"reason": f"to be explained: {finding.title}"}
        if finding.rule:
            entry["rule"] = _exact([finding.rule])
        else:
            entry["cause"] = _exact([finding.cause])
        entry["source"] = _exact(sorted({group.source for group in finding.groups}))
        entry["target"] = _exact(sorted({group.target for group in finding.groups}))
        entry["class"] = _exact(sorted({group.tclass for group in finding.groups}))
        entries.append(entry)
    if not entries:
        return _HEADER + "[]\n"
    return _HEADER + str(yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=100))


def _exact(values: Sequence[str]) -> object:
    """Values as patterns that match just them: one alone, or a list."""
    patterns = ["".join(f"[{sign}]" if sign in "*?[" else sign for sign in value) for value in values]
    return patterns[0] if len(patterns) == 1 else patterns
