"""Goes through the evidence and collects what speaks for each layer."""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from avcdoctor.knowledge.messages import MessageRule
from avcdoctor.triage import audit_events
from avcdoctor.triage.errnos import Errno, find_errno
from avcdoctor.triage.layers import (
    apparmor,
    application,
    capability,
    dac,
    exec_format,
    fapolicyd,
    immutable,
    mount,
    path,
    sandbox,
    seccomp,
    selinux,
    symlink,
)
from avcdoctor.triage.layers.base import Layer
from avcdoctor.triage.literals import Sieve, Worded, sieve
from avcdoctor.triage.messages import Matcher
from avcdoctor.triage.model import LogLine, Observation
from avcdoctor.triage.trail import Event

LAYER_BY_NAME: Dict[str, Layer] = {
    layer.name: layer
    for layer in (
        seccomp.LAYER,
        apparmor.LAYER,
        sandbox.LAYER,
        fapolicyd.LAYER,
        exec_format.LAYER,
        selinux.LAYER,
        application.LAYER,
        symlink.LAYER,
        mount.LAYER,
        path.LAYER,
        immutable.LAYER,
        capability.LAYER,
        dac.LAYER,
    )
}
"""Every layer; the order is the one in which they look at a line that no rule explains, the most particular first."""

_RECORD = Worded(
    r"(?:\btype=(?!INTEGRITY_|ANOM_|18\d\d)[A-Z_0-9]{3,}\s+(?:msg=)?audit\(|\b(?:s|t)context=|\btclass="
    r"|^time->|^----|audit\[\d+\]: [A-Z_]{3,} )"
)
_OFTEN = 30  # lines that differ in numbers only; more of them tell nothing new
_DIGITS = re.compile(r"\d+")


def collect(lines: Sequence[LogLine], events: Sequence[Event], rules: Sequence[MessageRule]) -> List[Observation]:
    """Everything in the evidence that speaks for a layer, records first.

    Args:
        lines: the log, taken apart.
        events: the audit records in it.
        rules: the message rules; they are asked before the layers' generic recognisers.
    """
    found = selinux.denials(lines, events) + apparmor.records(lines)
    found += seccomp.records(lines, events) + fapolicyd.records(lines, events)
    told = {observation.line for observation in found}
    found += audit_events.failures(lines, events)
    matcher = Matcher(rules, lines)
    signs = [(layer, layer.signs) for layer in LAYER_BY_NAME.values() if layer.signs]
    generic = sieve(signs, [line.text for line in lines])
    often: Dict[Tuple[str, str], int] = {}
    for line in lines:
        if line.text in told or _RECORD.search(line.text):
            continue
        pattern = (line.process, _DIGITS.sub("0", line.message))
        if often.get(pattern, 0) >= _OFTEN:
            continue
        seen = _of_line(line, matcher, generic)
        often[pattern] = often.get(pattern, 0) + 1 if seen else _OFTEN
        found += seen
    return found


def _of_line(line: LogLine, matcher: Matcher, without_errno: Sieve[Layer]) -> List[Observation]:
    errno = find_errno(line.message)
    seen = matcher.observations(line, errno)
    return seen or _generic(line, errno, LAYER_BY_NAME.values() if errno else without_errno.through(line.text))


def _generic(line: LogLine, errno: Optional[Errno], layers: Iterable[Layer]) -> List[Observation]:
    for layer in layers:
        seen = layer.recognise(line, errno)
        if seen is not None:
            return [seen]
    return []
