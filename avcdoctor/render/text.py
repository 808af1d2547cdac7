"""Render a report as text for a terminal: what happened, why, and the ways out with commands to copy."""

from __future__ import annotations

from typing import List, Optional, Sequence

from avcdoctor.model import Group, Incident, PolicyInfo, Remedy, Report
from avcdoctor.plan.choose import choose
from avcdoctor.render import How, across, words
from avcdoctor.render.columns import columns
from avcdoctor.render.page import GAP, Page, Span
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.rank import ordered
from avcdoctor.render.steps import show_steps, show_undo
from avcdoctor.render.summary import Summary, asking_sentence, fix_sentence, sentence, summary
from avcdoctor.render.table import table

_FULL_REMEDIES = 1  # the others by title, since a page is what people read
_REMEDIES = 3  # the others are counted
_FEW = 3
_GROUPS = 4
_NAMED = 3
WIDEST = 120  # longer lines of prose are hard to read, however wide the terminal; tables take what there is
SCREEN = 24  # lines of a terminal that nobody asked for its size


def text(
    report: Report, *, width: int = 100, color: bool = False, verbose: bool = False, room: Optional[int] = None
) -> str:
    """Render a report as text.

    Args:
        report: what was found.
        width: columns of the terminal; commands may be longer, so that they can be copied.
        color: whether to use terminal colours; they never carry meaning alone.
        verbose: everything: all groups, objects, records, undo commands and sources.
        room: of many incidents, as many are shown in full as fit this many lines; None for all.

    Returns:
        The text, without any control character but line breaks (and colour escapes where asked).
    """
    page = Page(min(width, WIDEST), color=color)
    report = keep_promise(report)
    page.paragraph(words.policy_sentence(report.policy), style="dim")
    for note in (*report.policy.notes, *report.warnings):
        page.paragraph(note, style="dim")
    page.paragraph(words.provenance_sentence(report.input))
    page.paragraph(words.rest_sentence(report.input))
    page.paragraph(across.spread_sentence(report.known))
    if not report.incidents:
        said = words.nothing(report)
        page.paragraph(f"{said[:1].upper()}{said[1:]}.", style="bold")
        return page.text()
    if len(report.incidents) == 1:
        day = words.one_day(report)
        if day:
            page.line((f"All times are of {day}.", "dim"))
        page.blank()
        hosts = len(report.input.hosts)
        incident_text(page, report.incidents[0], report.policy, with_day=day is None, verbose=verbose, hosts=hosts)
        _way_on(page, summary(report))
        return page.text()
    _overview(page, report)
    listed = Page(width, color=color)
    table(listed, ordered(report.incidents))
    page.add(listed)
    _in_full(page, report, verbose=verbose, room=room)
    return page.text()


def render(report: Report, how: How) -> str:
    """See `text`; what is not asked for as a whole fits two screens."""
    room = None if how.whole or how.verbose else 2 * SCREEN
    return text(report, width=how.width, color=how.color, verbose=how.verbose, room=room)


def _overview(page: Page, report: Report) -> None:
    """The summary: what is dangerous, what one command would put right, what is left to a person."""
    found = summary(report)
    page.blank()
    page.paragraph(sentence(found), style="bold")
    page.labelled("danger", _dangers(found), indent=2, column=13, style="bold red")
    fixing = fix_sentence(found)
    page.labelled("fix", f"{fixing}: avcdoctor fix --dry-run" if fixing else "", indent=2, column=13)
    page.labelled("ask first", asking_sentence(found), indent=2, column=13)
    by_hand = f"{words.plural(len(found.by_hand), 'incident')} for a person to settle" if found.by_hand else ""
    page.labelled("by hand", by_hand, indent=2, column=13)
    logged = f"{words.plural(found.logged, 'incident')}: permissive, not blocked" if found.logged else ""
    page.labelled("logged", logged, indent=2, column=13)
    allowed = f"{words.plural(len(found.allowed), 'incident')}: the policy at hand allows this by now"
    page.labelled("allowed", allowed if found.allowed else "", indent=2, column=13)
    page.labelled("stands out", across.alone_sentence(report), indent=2, column=13)
    page.labelled("left out", words.known_sentence(report.known), indent=2, column=13)
    page.blank()


def _dangers(found: Summary) -> str:
    if not found.dangerous:
        return ""
    titles = [incident.finding.title for incident in found.dangerous]
    what = "this should stay denied" if len(titles) == 1 else f"{len(titles):,} of them should stay denied"
    return f"{what}: {'; '.join(words.some(titles, _NAMED))}"


def _in_full(page: Page, report: Report, *, verbose: bool, room: Optional[int]) -> None:
    """As many incidents as there is room for, the most urgent first, but one at least."""
    incidents = ordered(report.incidents)
    day = words.one_day(report)
    page.blank()
    if day:
        page.line((f"All times are of {day}.", "dim"))
    used = shown = 0
    for incident in incidents:
        one = Page(page.width, color=page.color)
        hosts = len(report.input.hosts)
        incident_text(one, incident, report.policy, with_day=day is None, verbose=verbose, hosts=hosts)
        used += one.lines() + 1
        if room is not None and shown and used > room:
            break
        page.blank()
        page.add(one)
        shown += 1
    rest = len(incidents) - shown
    if rest:
        page.blank()
        page.line((f"{words.plural(rest, 'more incident')}: --incident ID shows one, -v all in full", "dim"))


def _way_on(page: Page, found: Summary) -> None:
    """What to type next, for one incident."""
    if found.steps:
        page.blank()
        page.paragraph(f"avcdoctor fix --dry-run shows the plan: remedy {found.steps[0].remedy}", style="dim")
    elif found.asking:
        page.blank()
        page.paragraph(f"avcdoctor fix takes this only when asked for: {choose(found.asking[0]).next}", style="dim")


def one_incident(report: Report, *, width: int = 100, color: bool = False) -> str:
    """Render a report's incidents alone, without summary or policy: for a program that reports them one by one.

    Args:
        report: what was found.
        width: columns of the terminal.
        color: whether to use terminal colours.
    """
    page = Page(width, color=color)
    report = keep_promise(report)
    for incident in report.incidents:
        incident_text(page, incident, report.policy, with_day=True, verbose=False)
    return page.text()


def incident_text(
    page: Page, incident: Incident, policy: PolicyInfo, *, with_day: bool, verbose: bool, hosts: int = 0
) -> None:
    """Add one incident in full: what was denied, why, and the ways out, the first one with its commands.

    Args:
        page: where to add it.
        incident: the incident.
        policy: what the verdicts come from.
        with_day: times are shown with their day.
        verbose: everything.
        hosts: how many hosts the log names.
    """
    finding = incident.finding
    _heading(page, incident, hosts)
    groups = finding.groups if verbose else finding.groups[:_GROUPS]
    for group in groups:
        _group(page, group, with_day=with_day, verbose=verbose, hosts=hosts)
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
    shown = incident.remedies if verbose else incident.remedies[:_REMEDIES]
    for number, remedy in enumerate(shown, 1):
        _remedy(page, number, remedy, incident.denials, verbose=verbose)
    more = incident.remedies[len(shown) :]
    if more:
        named = "; ".join(remedy.title for remedy in more)
        page.paragraph(f"{len(more)} more with -v: {named}", indent=7, style="dim")
    elif len(shown) > _FULL_REMEDIES and not verbose:
        page.line(("-v shows the commands of all", "dim"), indent=7)
    if not incident.remedies:
        page.paragraph(words.no_remedy(incident), indent=2)
    page.labelled("never", *finding.never, style="red")
    if verbose:
        page.labelled("see", *finding.see)
        _records(page, finding.groups)


def _heading(page: Page, incident: Incident, hosts: int) -> None:
    name = words.label(incident)
    count = f"{words.plural(incident.denials, 'denial')}, {words.outcome(incident.finding.groups)}"
    indent = len(name) + 2
    lines = page.wrapped(incident.finding.title, indent) or [""]
    fits = indent + columns(lines[-1]) + len(GAP) + len(count) <= page.width
    for number, part in enumerate(lines):
        head: List[Span] = [(name, "bold cyan"), "  "] if number == 0 else [" " * indent]
        head.append((part, "bold"))
        if number == len(lines) - 1 and fits:
            head += [" " * (page.width - indent - columns(part) - len(count)), count]
        page.line(*head)
    everywhere = words.hosts_words(incident.finding.groups, hosts) if hosts > 1 else ""
    page.flow([f"incident {incident.id}", "" if fits else count, everywhere], indent=2, hang=2)
    page.flow([across.arrival_sentence(incident) if hosts > 1 else ""], indent=2, hang=2)


def _group(page: Page, group: Group, *, with_day: bool, verbose: bool, hosts: int) -> None:
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
        words.hosts_words([group], hosts),
    ]
    page.flow(pieces, indent=2, hang=6)


def _remedy(page: Page, number: int, remedy: Remedy, total: int, *, verbose: bool) -> None:
    _remedy_heading(page, number, remedy, total)
    if number > _FULL_REMEDIES and not verbose:
        return
    show_steps(page, remedy, verbose=verbose)
    if remedy.simulation.why and (verbose or remedy.simulation.after != "allowed"):
        page.paragraph(remedy.simulation.why, indent=7, style="dim")
    grants = words.grants_beside_module(remedy)
    page.labelled("grants", *words.some(grants, None if verbose else _FEW), indent=7, column=15, style="")
    page.labelled("added", *words.added_rules(remedy), indent=7, column=15, style="")
    for note in remedy.notes:
        page.paragraph(note, indent=7)
    if verbose:
        show_undo(page, remedy, verbose=verbose)


def _remedy_heading(page: Page, number: int, remedy: Remedy, total: int) -> None:
    cells = [(cell, _cell_style(cell)) for cell in words.remedy_cells(remedy, total)]
    size = sum(len(cell) for cell, _ in cells) + len(GAP) * (len(cells) - 1)
    lines = page.wrapped(remedy.title, 5) or [""]
    fits = 5 + columns(lines[-1]) + len(GAP) + size <= page.width
    for position, part in enumerate(lines):
        head: List[Span] = [(f"{number:>3}  " if position == 0 else " " * 5, "bold"), (part, "bold")]
        if fits and position == len(lines) - 1:
            head.append(" " * (page.width - 5 - columns(part) - size))
            head += [span for cell in cells for span in (cell, GAP)][:-1]
        page.line(*head)
    if not fits:
        page.flow(cells, indent=7, hang=7)


def _cell_style(cell: str) -> str:
    styles = {"safe": "green", "review": "yellow", "manual": "dim", "not checked": "yellow"}
    styles.update({"checked: allowed after": "green", "checked: still denied": "red"})
    return styles.get(cell, "")


def _records(page: Page, groups: Sequence[Group]) -> None:
    page.blank()
    page.line(("records", "bold"), indent=2)
    for record in words.records(groups):
        page.line((record, "dim"), indent=4)
