"""Render a report as Markdown, ready to paste into a bug tracker."""

from __future__ import annotations

import re
from typing import Iterable, List, Sequence

from avcdoctor.model import Action, Group, Incident, PolicyInfo, Remedy, Report, safe_text
from avcdoctor.render import How, across, words
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.quote import display_command
from avcdoctor.render.rank import ordered, rank
from avcdoctor.render.summary import asking_sentence, fix_sentence, sentence, summary

_PLAIN_WORD = re.compile(r"([(\"']*)([A-Za-z0-9][A-Za-z0-9',%-]*|)([.,:;)\"'?!]*)\Z")
_EDGES = re.compile(r"([(]*)(.*?)([.,:;)]*)\Z", re.DOTALL)
_LINK = re.compile(r"https?://[A-Za-z0-9._/~%#?=+-]+\Z")


def markdown(report: Report) -> str:
    """Render a report as Markdown (CommonMark; reads well as plain text, too).

    Args:
        report: what was found.

    Returns:
        Markdown in which every name from the log is in a code span or block, so that it can't become markup,
        a link or a mention.
    """
    report = keep_promise(report)
    lines = [f"# {words.title(report)}", ""]
    lines += [prose(words.policy_sentence(report.policy)), ""]
    remarks = (
        words.provenance_sentence(report.input),
        words.rest_sentence(report.input),
        across.spread_sentence(report.known),
    )
    lines += [line for remark in remarks if remark for line in (prose(remark), "")]
    lines += _list((*report.policy.notes, *report.warnings))
    incidents = ordered(report.incidents)
    if len(incidents) == 1:
        lines += _incident(incidents[0], report.policy)
    elif incidents:
        lines += _overview(report, incidents)
        for incident in incidents:
            lines += _folded(incident, report.policy)
    return "\n".join(lines).rstrip("\n") + "\n"


def render(report: Report, _how: How) -> str:
    """See `markdown`."""
    return markdown(report)


def prose(text: str) -> str:
    """Write a sentence so that no word of it is markup.

    Text between backticks is a command and becomes a code span; so does whatever else is not a plain word.
    """
    return "".join(code(part) if is_code else _plain(part) for part, is_code in words.passages(safe_text(text)))


def code(text: str) -> str:
    """Write a text as a code span, whatever backticks it holds (CommonMark 6.1)."""
    shown = safe_text(text)
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[:1] in ("", "`", " ") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_block(lines: Iterable[str], language: str = "") -> List[str]:
    """Write lines as a fenced code block that none of them can close."""
    shown = [safe_text(line) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return [f"{fence}{language}", *shown, fence, ""]


def _incident(incident: Incident, policy: PolicyInfo) -> List[str]:
    finding = incident.finding
    lines = [f"## {prose(words.label(incident))}: {prose(finding.title)}", ""]
    lines += [
        f"{words.plural(incident.denials, 'denial')}, {words.outcome(finding.groups)} (incident {code(incident.id)})",
        "",
    ]
    lines += [_group(group) for group in finding.groups]
    lines += ["", f"**Why:** {prose(finding.why)}", ""]
    if finding.next:
        lines += [f"**Next:** {prose(finding.next)}", ""]
    lines += _list(finding.evidence, "Seen")
    lines += _list([f"{item.kind}: {item.why}" for item in finding.ruled_out], "Ruled out")
    lines += _list(finding.warnings, "Note")
    checked = words.other_policy(incident, policy)
    lines += [f"**Checked:** {prose(checked)}", ""] if checked else []
    lines += ["### Ways out", ""]
    for number, remedy in enumerate(incident.remedies, 1):
        lines += _remedy(number, remedy, incident.denials)
    if not incident.remedies:
        lines += [words.no_remedy(incident), ""]
    lines += _list(finding.never, "Never")
    lines += _list(finding.see, "See")
    records = words.records(finding.groups)
    if records:
        lines += ["### Records", "", *code_block(records)]
    return lines


def _group(group: Group) -> str:
    parts = [f"- {code(words.arrow(group))}, {words.plural(group.count, 'time')}"]
    seen = words.time_range(group.first, group.last, with_day=True)
    parts += [seen] if seen else []
    for name, values in (("", words.objects(group)), ("port ", group.ports), ("by ", group.processes)):
        spans = [code(value) for value in words.names(values)]
        parts += [name + ", ".join(words.some(spans, 5))] if spans else []
    if group.node:
        parts.append(f"on {code(group.node)}")
    elif group.host_count:
        parts.append(f"on {words.plural(group.host_count, 'host')}")
    return ", ".join(parts)


def _remedy(number: int, remedy: Remedy, total: int) -> List[str]:
    lines = [f"#### {number}. {prose(remedy.title)}", "", ", ".join(words.remedy_cells(remedy, total)), ""]
    if remedy.simulation.why:
        lines += [prose(remedy.simulation.why), ""]
    lines += _steps(remedy.actions)
    lines += _list(words.grants_beside_module(remedy), "Grants")
    lines += _list(remedy.notes)
    if remedy.undo:
        lines += ["To undo:", "", *_steps(remedy.undo)]
    return lines


def _steps(actions: Iterable[Action]) -> List[str]:
    """Write steps in order; commands that follow one another share a block."""
    lines: List[str] = []
    commands: List[str] = []
    for action in actions:
        source = str(action.parameters.get("cil", ""))
        text = "" if action.argv else str(action.parameters.get("text", ""))
        if source or text:
            lines += code_block(commands, "sh") if commands else []
            commands = []
        if source:
            lines += [f"{code(str(action.parameters['name']) + '.cil')}:", "", *code_block(source.splitlines(), "lisp")]
        if text:
            lines += [prose(text), ""]
        if action.argv:
            commands.append(display_command(action.argv))
    return lines + (code_block(commands, "sh") if commands else [])


def _overview(report: Report, incidents: Sequence[Incident]) -> List[str]:
    """What a ticket shows first: the sums, and a line for each incident."""
    found = summary(report)
    lines = [prose(sentence(found)), ""]
    titles = words.some([incident.finding.title for incident in found.dangerous], 3)
    fixing = fix_sentence(found)
    known = words.known_sentence(report.known)
    lines += _list(
        [
            *([f"should stay denied: {'; '.join(titles)}"] if titles else []),
            *([f"{fixing}: `avcdoctor fix --dry-run`"] if fixing else []),
            *([asking_sentence(found)] if found.asking else []),
            *(line for line in (known, across.alone_sentence(report)) if line),
        ]
    )
    lines += ["| rank | incident | denials | rule or cause | what |", "|---|---|--:|---|---|"]
    for incident in incidents:
        cells = (
            rank(incident).word,
            code(incident.id),
            f"{incident.denials:,}",
            code(words.label(incident)),
            prose(incident.finding.title),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return [*lines, ""]


def _folded(incident: Incident, policy: PolicyInfo) -> List[str]:
    """An incident that unfolds where it is pasted; its heading is above it, so that it can be linked."""
    heading, blank, *rest = _incident(incident, policy)
    count = words.plural(incident.denials, "denial")
    summary_line = f"<details><summary>{count}, {words.outcome(incident.finding.groups)}</summary>"
    return [heading, blank, summary_line, "", *rest, "</details>", ""]


def _list(texts: Iterable[str], heading: str = "") -> List[str]:
    items = [f"- {prose(text)}" for text in texts]
    if not items:
        return []
    return [f"**{heading}:**", "", *items, ""] if heading else [*items, ""]


def _plain(text: str) -> str:
    return " ".join(_word(word) if word else "" for word in text.split(" "))


def _word(word: str) -> str:
    if _PLAIN_WORD.match(word):
        return word
    before, middle, after = _EDGES.match(word).groups()  # type: ignore[union-attr] # matches every string
    if _LINK.match(middle):
        return f"{before}<{middle}>{after}"
    return f"{before}{code(middle)}{after}" if middle else code(word)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
