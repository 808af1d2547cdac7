"""From a log to a verdict: the whole of triage in one call."""

from __future__ import annotations

from typing import Optional, Sequence

from avcdoctor.knowledge.messages import MessageRule
from avcdoctor.triage.decide import decide
from avcdoctor.triage.lines import read_lines
from avcdoctor.triage.model import Triage
from avcdoctor.triage.observe import collect
from avcdoctor.triage.packs import rules_with


def judge(data: bytes, rules: Optional[Sequence[MessageRule]] = None) -> Triage:
    """Name the layer that a log speaks of.

    Args:
        data: log lines of any kind: syslog, journal, audit records, a terminal's output.
        rules: message rules; the shipped ones when None.
    """
    known = rules_with() if rules is None else tuple(rules)
    lines = read_lines(data)
    return decide(collect(lines, known), known, len(lines))
