"""From a log to a verdict: the whole of triage in one call."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Optional, Sequence

from avcdoctor.knowledge.messages import MessageRule
from avcdoctor.triage.decide import decide
from avcdoctor.triage.lines import near, read_lines
from avcdoctor.triage.model import LogLine, Observation, Triage
from avcdoctor.triage.naming import named
from avcdoctor.triage.observe import collect
from avcdoctor.triage.packs import rules_with
from avcdoctor.triage.trail import events
from avcdoctor.triage.unwrapped import unwrapped

_AUDIT_RECORD = re.compile(r"\btype=(?:SYSCALL|PATH|CWD|PROCTITLE|EXECVE|SERVICE_START|USER_\w+|CRED_\w+)\b")


def judge(data: bytes, rules: Optional[Sequence[MessageRule]] = None, *, audited: bool = False) -> Triage:
    """Name the layer that a log speaks of.

    Args:
        data: logs of any kind and shape: syslog, journal, audit records, a terminal's output, what a shipper sent.
        rules: message rules; the shipped ones when None.
        audited: the audit trail of that time was read, and every denial in it is among the lines.
    """
    known = rules_with() if rules is None else tuple(rules)
    texts = unwrapped(data)
    lines = read_lines(texts)
    recorded = tuple(events(texts))
    seen = collect(lines, recorded, known)
    verdict = decide(seen, known, len(lines), audited=audited or _recorded(lines, seen))
    verdict = named(verdict, lines)
    return replace(verdict, recognised=bool(recorded) or any(line.time or line.process for line in lines))


def answers(rule: MessageRule, log: str) -> bool:
    """Whether a rule, alone, takes a log for its own; the rules' checker tries examples by it."""
    return any(incident.rule == rule.id for incident in judge(log.encode(), [rule]).incidents)


def _recorded(lines: Sequence[LogLine], seen: Sequence[Observation]) -> bool:
    """Whether audit records of the same minutes stand beside what failed, so that a denial would be among them."""
    records = [line.seconds for line in lines if line.seconds is not None and _AUDIT_RECORD.search(line.text)]
    failures = [one.seconds for one in seen if one.seconds is not None and one.proof in ("named", "errno")]
    return any(near(record, failure, within=60) for failure in failures[:50] for record in records[:2000])
