"""Render a report as text for a terminal: what happened, why, and the ways out with commands to copy."""

from __future__ import annotations

from typing import List, Optional, Sequence

from avcdoctor.model import Action, Group, Incident, PolicyInfo, Remedy, Report
from avcdoctor.render import cover, words
from avcdoctor.render.page import GAP, Page, Span
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.quote import display_command

FULL_INCIDENTS = 4  # with -v all are shown in full
_FULL_REMEDIES = 3  # the others by title, since a page is what people read
_FEW = 3
_GROUPS = 4
_NAMED_INCIDENTS = 12
_MODULE_LINES = 12
_COVER = 8


def text(report: Report, *, width: int = 100, color: bool = False, verbose: bool = False) -> str:
    """Render a report as text.

    Args:
        report: what was found.
        width: columns of the terminal; commands may be longer, so that they can be copied.
        color: whether to use terminal colours; they never carry meaning alone.
        verbose: everything: all groups, objects, records, undo commands and sources.

    Returns:
        The text, without any control character but line breaks (and colour escapes where asked).
    """
    page = Page(width, color=color)
    report = keep_promise(report)
    page.paragraph(words.policy_sentence(report.policy), style="dim")
    for note in (*report.policy.notes, *report.warnings):
        page.paragraph(note, style="dim")
    day = words.one_day(report)
    if not report.incidents:
        page.line((f"{words.nothing(report.input).capitalize()}.", "bold"))
        return page.text()
    if day:
        page.line((f"All times are of {day}.", "dim"))
    shown = report.incidents if verbose else report.incidents[:FULL_INCIDENTS]
    for incident in shown:
        page.blank()
        _incident(page, incident, report.policy, with_day=day is None, verbose=verbose)
    _others(page, report.incidents[len(shown) :])
    _cover(page, report, verbose=verbose)
    return page.text()


def one_incident(report: Report, *, width: int = 100, color: bool = False) -> str:
    """Render a report's incidents without what stands around them: for a program that tells them one by one.

    Args:
        report: what was found.
        width: columns of the terminal.
        color: whether to use terminal colours.
    """
    page = Page(width, color=color)
    report = keep_promise(report)
    for incident in report.incidents:
        _incident(page, incident, report.policy, with_day=True, verbose=False)
    return page.text()


def _incident(page: Page, incident: Incident, policy: PolicyInfo, *, with_day: bool, verbose: bool) -> None:
    finding = incident.finding
    _heading(page, incident)
    groups = finding.groups if verbose else finding.groups[:_GROUPS]
    for group in groups:
        _group(page, group, with_day=with_day, verbose=verbose)
    if len(finding.groups) > len(groups):
        rest = finding.groups[len(groups) :]
        count = sum(group.count for group in rest)
        page.line(f"and {words.plural(len(rest), 'more group')} with {words.plural(count, 'denial')} (-v)", indent=6)
    page.blank()
    page.labelled("why", finding.why)
    limit = None if verbose else _FEW
    page.labelled("seen", *words.some(finding.evidence, limit))
    page.labelled("next", finding.next)
    parts = [f"{item.kind}: {item.why.rstrip('.')}." for item in finding.ruled_out]
    page.labelled("not", *words.some(parts, limit))
    page.labelled("note", *finding.warnings, style="yellow")
    page.labelled("checked", words.other_policy(incident, policy), column=11)
    page.blank()
    for number, remedy in enumerate(incident.remedies, 1):
        _remedy(page, number, remedy, incident.denials, verbose=verbose)
    if len(incident.remedies) > _FULL_REMEDIES and not verbose:
        page.line(("-v shows the commands of all of them", "dim"), indent=7)
    if not incident.remedies:
        page.line("No remedy was found that the policy would accept.", indent=2)
    page.labelled("never", *finding.never, style="red")
    if verbose:
        page.labelled("see", *finding.see)
        _records(page, finding.groups)


def _heading(page: Page, incident: Incident) -> None:
    name = words.label(incident)
    count = f"{words.plural(incident.denials, 'denial')}, {words.outcome(incident.finding.groups)}"
    indent = len(name) + 2
    lines = page.wrapped(incident.finding.title, indent) or [""]
    fits = indent + len(lines[-1]) + len(GAP) + len(count) <= page.width
    for number, part in enumerate(lines):
        head: List[Span] = [(name, "bold cyan"), "  "] if number == 0 else [" " * indent]
        head.append((part, "bold"))
        if number == len(lines) - 1 and fits:
            head += [" " * (page.width - indent - len(part) - len(count)), count]
        page.line(*head)
    page.flow([f"incident {incident.id}", "" if fits else count], indent=2, hang=2)


def _group(page: Page, group: Group, *, with_day: bool, verbose: bool) -> None:
    limit = None if verbose else _FEW
    objects = ", ".join(words.some(words.names(words.objects(group)), limit))
    processes = ", ".join(words.some(words.names(group.processes), limit))
    ports = ", ".join(words.some(words.names(group.ports), limit))
    pieces = [
        words.time_range(group.first, group.last, with_day=with_day),
        words.arrow(group),
        objects,
        f"port {ports}" if ports else "",
        f"by {processes}" if processes else "",
        f"on {group.node}" if group.node else "",
    ]
    page.flow(pieces, indent=2, hang=6)


def _remedy(page: Page, number: int, remedy: Remedy, total: int, *, verbose: bool) -> None:
    _remedy_heading(page, number, remedy, total)
    if number > _FULL_REMEDIES and not verbose:
        return
    for action in remedy.actions:
        _action(page, action, verbose=verbose)
    if remedy.simulation.why and (verbose or remedy.simulation.after != "allowed"):
        page.paragraph(remedy.simulation.why, indent=7, style="dim")
    grants = words.grants_beside_module(remedy)
    page.labelled("grants", *words.some(grants, None if verbose else _FEW), indent=7, column=15, style="")
    for note in remedy.notes:
        page.paragraph(note, indent=7)
    if verbose and remedy.undo:
        page.line(("to undo:", "dim"), indent=7)
        for action in remedy.undo:
            _action(page, action, verbose=verbose)


def _remedy_heading(page: Page, number: int, remedy: Remedy, total: int) -> None:
    cells = [(cell, _cell_style(cell)) for cell in words.remedy_cells(remedy, total)]
    size = sum(len(cell) for cell, _ in cells) + len(GAP) * (len(cells) - 1)
    lines = page.wrapped(remedy.title, 5) or [""]
    fits = 5 + len(lines[-1]) + len(GAP) + size <= page.width
    for position, part in enumerate(lines):
        head: List[Span] = [(f"{number:>3}  " if position == 0 else " " * 5, "bold"), (part, "bold")]
        if fits and position == len(lines) - 1:
            head.append(" " * (page.width - 5 - len(part) - size))
            head += [span for cell in cells for span in (cell, GAP)][:-1]
        page.line(*head)
    if not fits:
        page.flow(cells, indent=7, hang=7)


def _cell_style(cell: str) -> str:
    styles = {"safe": "green", "review": "yellow", "manual": "dim", "not checked": "yellow"}
    styles.update({"checked: allowed after": "green", "checked: still denied": "red"})
    return styles.get(cell, "")


def _action(page: Page, action: Action, *, verbose: bool) -> None:
    _source(page, action, "cil", None if verbose else _MODULE_LINES)
    if action.argv:
        page.line((display_command(action.argv), "cyan"), indent=7)
    elif "text" in action.parameters:
        page.paragraph(str(action.parameters["text"]), indent=7)
    if verbose and "te" in action.parameters:
        page.line("or, in the older language (checkmodule, semodule_package):", indent=7)
        _source(page, action, "te", None)


def _source(page: Page, action: Action, language: str, limit: Optional[int]) -> None:
    source = str(action.parameters.get(language, "")).expandtabs(4).splitlines()
    if source:
        page.line(f"{action.parameters['name']}.{language}:", indent=7)
    for part in words.some(source, limit):
        page.line((part, "dim"), indent=9)


def _records(page: Page, groups: Sequence[Group]) -> None:
    page.blank()
    page.line(("records", "bold"), indent=2)
    for record in words.records(groups):
        page.line((record, "dim"), indent=4)


def _others(page: Page, incidents: Sequence[Incident]) -> None:
    if not incidents:
        return
    page.blank()
    page.line((f"{words.plural(len(incidents), 'more incident')} (-v shows all in full, --incident ID one)", "bold"))
    for incident in incidents[:_NAMED_INCIDENTS]:
        count = words.plural(incident.denials, "denial")
        page.flow([incident.id, (words.label(incident), "cyan"), incident.finding.title, count], indent=2, hang=6)
    rest = incidents[_NAMED_INCIDENTS:]
    if rest:
        count = words.plural(sum(incident.denials for incident in rest), "denial")
        page.line(f"and {len(rest):,} more with {count}", indent=2)


def _cover(page: Page, report: Report, *, verbose: bool) -> None:
    chosen = cover.ways(report)
    if not chosen:
        return
    page.blank()
    page.line((f"{cover.sentence(report, chosen)}:", "bold"))
    shown = chosen if verbose else chosen[:_COVER]
    for way in shown:
        page.flow([way.names, (way.labels, "cyan"), f"{way.number}  {way.remedy.title}"], indent=2, hang=6)
    if len(chosen) > len(shown):
        page.line(f"and {len(chosen) - len(shown):,} more (-v)", indent=2)
    if any(way.remedy.applicability != "manual" for way in chosen):
        page.line(("avcdoctor fix --dry-run with the same arguments shows the plan", "dim"), indent=2)
