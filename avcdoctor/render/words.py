"""The phrases that all renderers for people share: counts, times, arrows and verdicts in plain words."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Iterable, List, Optional, Sequence, Tuple, Union

from avcdoctor.model import (
    MANAGER,
    TEXT,
    Counted,
    Group,
    Incident,
    InputSummary,
    Known,
    PolicyInfo,
    Remedy,
    Report,
    Unreadable,
    safe_text,
)
from avcdoctor.render.quote import display_word


def plural(count: int, noun: str, nouns: str = "") -> str:
    """Say how many: `1 denial`, `1,200 denials`; `nouns` is the plural where an s is not enough."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {nouns or noun + 's'}"


def title(report: Report) -> str:
    """Name a report: how many denials in how many incidents."""
    if not report.incidents:
        return f"SELinux: {nothing(report)}"
    denials = sum(incident.denials for incident in report.incidents)
    return f"SELinux: {plural(denials, 'denial')} in {plural(len(report.incidents), 'incident')}"


def nothing(report: Report) -> str:
    """Say that there is nothing to explain, and tell an input without any audit record from one without denials."""
    summary = report.input
    if report.known != Known():
        return f"nothing else was denied: {known_sentence(report.known)}"
    if summary.unreadable:
        return f"no denial could be read, {plural(summary.unreadable, 'line')} could not"
    if summary.unchanged:
        return "nothing came since the last run"
    return "nothing was denied" if summary.records or summary.scanned else "the input holds no audit records"


def known_sentence(known: Known) -> str:
    """Say how many incidents a report leaves out, and why; nothing where it leaves out none."""
    parts = []
    if known.ignored:
        parts.append(f"{plural(known.ignored, 'incident')} with {plural(known.ignored_denials, 'denial')} ignored")
    if known.baseline:
        told = f"{plural(known.baseline, 'incident')} with {plural(known.baseline_denials, 'denial')}"
        parts.append(f"{told} in the baseline")
    if known.filtered:
        parts.append(f"{plural(known.filtered, 'incident')} not asked for")
    return ", ".join(parts)


def passages(sentence: str) -> List[Tuple[str, bool]]:
    """Split a sentence at its backticks into (text, whether it is a command); all of it is text where they don't pair.

    Names from the log may hold backticks, too: whoever shows a passage still has to escape it.
    """
    parts = sentence.split("`")
    if len(parts) % 2 == 0 or not all(parts[1::2]):
        return [(sentence, False)]
    return [(part, number % 2 == 1) for number, part in enumerate(parts) if part]


def records(groups: Iterable[Group]) -> List[str]:
    """The raw records of each group's first example."""
    return [record for group in groups for denial in group.examples[:1] for record in denial.raw]


def label(incident: Incident) -> str:
    """Name an incident: its rule, or its cause when the policy alone explains it."""
    return incident.finding.rule or incident.finding.cause


def outcome(groups: Iterable[Group]) -> str:
    """Say whether the denials stopped anything: `blocked`, or only logged because of permissive mode."""
    seen = list(groups)
    total = logged = 0
    for group in seen:
        total += group.count
        logged += group.permissive
    if not logged:
        calls = [one.success for group in seen for one in group.examples]
        return "logged, yet the call succeeded" if len(calls) == total and all(calls) else "blocked"
    if logged >= total:
        return "permissive: logged, not blocked"
    return f"{total - logged:,} blocked, {logged:,} permissive (only logged)"


def arrow(group: Group) -> str:
    """Draw one group: `source  --class { permissions }-->  target`; what no record has is marked."""
    source, target = (
        f"{type_ or '?'}{' (inferred)' if name in group.inferred else ''}"
        for name, type_ in (("source", group.source), ("target", group.target))
    )
    return f"{source}  --{group.tclass} {{ {' '.join(group.permissions)} }}-->  {target}"


def no_remedy(incident: Incident) -> str:
    """Say why an incident has no remedy."""
    if all(group.told for group in incident.finding.groups):
        return "No remedy was found that the policy would accept."
    return "No remedy is offered: the record has to tell the contexts first."


def one_day(report: Report) -> Optional[str]:
    """Give the day all denials of a report fall on, as YYYY-MM-DD in local time, or None when there are several."""
    moments = [
        moment
        for incident in report.incidents
        for group in incident.finding.groups
        for moment in (group.first, group.last)
        if moment is not None
    ]
    if not moments:
        return None
    first, last = _local(min(moments)), _local(max(moments))
    return f"{first:%Y-%m-%d}" if first.date() == last.date() else None


def time_range(first: Optional[int], last: Optional[int], *, with_day: bool) -> str:
    """Write when a group was seen, in local time; empty when its log has no times.

    Args:
        first: milliseconds since the epoch.
        last: milliseconds since the epoch.
        with_day: whether to write the day as well.
    """
    if first is None or last is None:
        return ""
    begin, end = _local(first), _local(last)
    start = f"{begin:%Y-%m-%d %H:%M:%S}" if with_day else f"{begin:%H:%M:%S}"
    if f"{begin:%F %T}" == f"{end:%F %T}":
        return start
    same_day = begin.date() == end.date()
    return f"{start} .. " + (f"{end:%H:%M:%S}" if same_day else f"{end:%Y-%m-%d %H:%M:%S}")


def minute(milliseconds: int) -> str:
    """Write a moment to the minute, in local time."""
    return f"{_local(milliseconds):%Y-%m-%d %H:%M}"


def iso(milliseconds: Optional[int]) -> Optional[str]:
    """Write a moment for programs: ISO 8601 in UTC with milliseconds."""
    if milliseconds is None:
        return None
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def some(items: Sequence[str], limit: Optional[int]) -> Tuple[str, ...]:
    """Keep the first `limit` items (all for None) and count the others: `and 3 more`."""
    if limit is None or len(items) <= limit:
        return tuple(items)
    return (*items[:limit], f"and {len(items) - limit:,} more")


def names(values: Iterable[Union[str, Counted]]) -> List[str]:
    """Show names from the log so that each is one word: quoted where it holds spaces or the like."""
    return [name_word(value if isinstance(value, str) else value.value) for value in values]


def objects(group: Group) -> List[str]:
    """Name the objects of a group; a bare name becomes its path where an example tells it, and is not said twice."""
    paths = {denial.name: denial.path for denial in group.examples if denial.path.endswith(f"/{denial.name}")}
    return list(dict.fromkeys(paths.get(value.value, value.value) for value in group.objects))


def name_word(name: str) -> str:
    """Show one name from the log: as it is when it reads as one word, or has only the escapes of `safe_text`."""
    text = safe_text(name)
    plain = not any(character.isspace() or character in "'\"`$;&|<>" for character in text)
    return text if plain and text else display_word(text)


def remedy_cells(remedy: Remedy, total: int) -> Tuple[str, ...]:
    """Say in a few short cells what a remedy is worth: how much it fixes, who decides, how long it lasts, the check."""
    lasts = "lasting" if remedy.lasting else "until the next relabel or reboot"
    if not remedy.actions or remedy.kind == "keep-denied":
        return (remedy.applicability,)
    if remedy.applicability == "manual" and remedy.simulation.before == remedy.simulation.after == "allowed":
        return ("allowed already",)
    return (
        f"fixes {remedy.resolves:,}/{total:,}",
        remedy.applicability,
        lasts,
        f"undo: {'yes' if remedy.undo else 'by hand'}",
        simulation_cell(remedy),
    )


def simulation_cell(remedy: Remedy) -> str:
    """Say what the policy answered when it was asked about a remedy."""
    known = {"allowed": "checked: allowed after", "denied": "checked: still denied"}
    return known.get(remedy.simulation.after, "not checked")


def added_rules(remedy: Remedy) -> List[str]:
    """What a module allows beyond what was denied, and why."""
    return [
        f"{rule.tclass} {{ {' '.join(rule.permissions)} }} on {rule.target}: {rule.why}"
        for rule in remedy.rules
        if not rule.seen
    ]


def grants_beside_module(remedy: Remedy) -> List[str]:
    """Say what a remedy grants; rules are left out where the module that is shown with it says the same."""
    if not any(action.parameters.get("cil") for action in remedy.actions):
        return list(remedy.grants)
    others = [grant for grant in remedy.grants if not grant.startswith("allow ")]
    return [f"these rules {grant}" if grant.startswith("for ") else grant for grant in others]


def other_policy(incident: Incident, policy: PolicyInfo) -> str:
    """Say which policy an incident's remedies were checked against, where it is not the report's own; else nothing."""
    asked = dict.fromkeys(remedy.simulation.policy for remedy in incident.remedies)
    others = [name for name in asked if not policy.name.startswith(name)]
    if not others:
        return ""
    types = dict.fromkeys(name for group in incident.finding.groups for name in (group.source, group.target))
    unknown = [name for name in types if name in policy.unknown_types]
    why = f", since {policy.name} does not know {', '.join(some(unknown, 3))}" if unknown else ""
    return f"against {' and '.join(others)}{why}"


def policy_sentence(policy: PolicyInfo) -> str:
    """Say which policy the verdicts come from and what it does not know."""
    if policy.origin == "none":
        return "No policy at hand: the verdicts come from the rules alone and are not checked."
    sentence = f"Verdicts from {policy.name}."
    if policy.unknown_types:
        unknown = ", ".join(some(policy.unknown_types, 4))
        sentence += f" It does not know {unknown}."
    return sentence


_INPUTS = {"-": "standard input", "the journal": "the journal"}
"""What is no file, as a report names it, and how it is called."""


def input_sentence(summary: InputSummary, incidents: int) -> str:
    """Say in one line what was read and what could not be."""
    files = [_INPUTS.get(name) or name_word(name) for name in summary.files]
    where = ", ".join(some(files, 3)) or "the input"
    much = f"{summary.scanned / 1e6:,.1f} MB" if summary.scanned else plural(summary.records, "record")
    parts = [f"read {much} from {where}: {plural(summary.denials, 'denial')}"]
    if summary.denials:
        parts[0] += f" in {plural(incidents, 'incident')}"
    if summary.granted:
        parts.append(f"{plural(summary.granted, 'access', 'accesses')} granted")
    if summary.unreadable:
        parts.append(f"{plural(summary.unreadable, 'line')} that could not be read")
    return "; ".join(parts)


def provenance_sentence(summary: InputSummary) -> str:
    """Say once who tells what, where it is not the kernel alone."""
    told = summary.provenance
    parts = []
    if told.get(MANAGER):
        parts.append(f"{_share(told[MANAGER], summary.denials)} told by object managers")
    if told.get(TEXT):
        parts.append(
            f"{_share(told[TEXT], summary.denials)} only text that anybody could have written: fix acts on it with "
            "--trust-log only"
        )
    return f"Not from the kernel: {'; '.join(parts)}." if parts else ""


def _share(part: int, whole: int) -> str:
    if part == whole:
        return "the one denial is" if whole == 1 else f"all {whole:,} denials are"
    return f"{part:,} of {whole:,} denials {'is' if part == 1 else 'are'}"


def rest_sentence(summary: InputSummary) -> str:
    """Say what is in no group of its own because there are too many."""
    if not summary.rest:
        return ""
    listed = [
        f"{plural(rest.count, rest.tclass + ' denial')} of {plural(rest.groups, 'group')}" for rest in summary.rest
    ]
    return f"Put together, as there are more groups than can be told apart: {', '.join(some(listed, 5))}."


def hosts_words(groups: Sequence[Group], hosts: int) -> str:
    """On which host, or on how many.

    Args:
        groups: whose.
        hosts: of how many that the log names.
    """
    everywhere = 0
    for group in groups:
        everywhere |= group.host_set
    count = bin(everywhere).count("1")
    if count == 1:
        return f"on {next(group.hosts[0].name for group in groups if group.hosts)}"
    return f"on {count:,} of {hosts:,} hosts" if count else ""


def unreadable_line(unreadable: Unreadable) -> str:
    """Show one line of a log that could not be read, and why."""
    return f"{unreadable.where}: {unreadable.reason}: {unreadable.text}"


def _local(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, timezone.utc).astimezone()
