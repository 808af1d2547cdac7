"""Render a report as one self-contained HTML page: nothing fetched, readable without its script, light and dark."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any, Dict, List, Sequence, Tuple

import jinja2
from markupsafe import Markup

from avcdoctor.model import Incident, Report, safe_text
from avcdoctor.render import How, across, words
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.quote import display_command
from avcdoctor.render.rank import host_count, hosts, last, ordered, rank
from avcdoctor.render.summary import Summary, asking_sentence, fix_sentence, summary
from avcdoctor.render.timeline import hosts_picture, picture

_UNFOLDED = 3  # incidents; so many are read as they come, of more one looks for one's own
_MANY = 100  # incidents; of more, each shows fewer of its groups and records, so that the page stays small
_MOST_GROUPS, _FEWER_GROUPS = 12, 4
_FEW = 3
_ENVIRONMENT = jinja2.Environment(
    autoescape=True,
    finalize=lambda value: _shown(value),  # noqa: PLW0108 - defined below
    loader=jinja2.PackageLoader("avcdoctor.render", "."),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def render(report: Report, how: How) -> str:
    """Render a report as an HTML page.

    Args:
        report: what was found.
        how: who made it and when stand in the page's head; left out where empty.

    Returns:
        The page; every value is made safe to show and then escaped by the template engine, without exception.
    """
    report = keep_promise(report)
    found = summary(report)
    incidents = ordered(report.incidents)
    css, script = _asset("report.css"), _asset("report.js")
    return _ENVIRONMENT.get_template("report.html.j2").render(
        report=report,
        title=words.title(report),
        about=_about(report, how, found),
        sums=_sums(report, found),
        found=found,
        incidents=incidents,
        rows=[_row(incident) for incident in incidents],
        timelines=[drawn for drawn in (picture(incidents), hosts_picture(incidents)) if drawn.bars],
        across=across,
        remarks=[
            words.provenance_sentence(report.input),
            words.rest_sentence(report.input),
            across.spread_sentence(report.known),
        ],
        known=words.known_sentence(report.known),
        unfolded=len(incidents) if len(incidents) <= _UNFOLDED else 0,
        most_groups=_MOST_GROUPS if len(incidents) <= _MANY else _FEWER_GROUPS,
        words=words,
        rank=rank,
        command=display_command,
        css=Markup(css),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - likewise
        csp=f"default-src 'none'; style-src '{_hash(css)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'",
    )


def _asset(name: str) -> str:
    """One of the page's own files, as the template engine's loader finds it."""
    loader = _ENVIRONMENT.loader
    assert loader is not None  # noqa: S101 - for the type checker: it was given above
    return loader.get_source(_ENVIRONMENT, name)[0]


def _hash(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _about(report: Report, how: How, found: Summary) -> List[Tuple[str, str]]:
    files = ["standard input" if name == "-" else name for name in report.input.files]
    pairs = [
        ("Host", how.host),
        ("Made", words.minute(how.made) if how.made else ""),
        ("By", f"avcdoctor {how.version}" if how.version else ""),
        ("Policy", words.policy_sentence(report.policy)),
        ("Input", ", ".join(words.some(files, _FEW))),
        ("Seen", _seen(found)),
    ]
    return [(name, value) for name, value in pairs if value]


def _seen(found: Summary) -> str:
    """When and where the denials were."""
    where = f"on {words.plural(found.hosts, 'host')}" if found.hosts else ""
    return ", ".join(part for part in (words.time_range(found.first, found.last, with_day=True), where) if part)


def _sums(report: Report, found: Summary) -> List[Tuple[str, str, str]]:
    """What the overview says first: its kind, its label, a sentence."""
    fixing = fix_sentence(found)
    titles = words.some([incident.finding.title for incident in found.dangerous], _FEW)
    lines = [
        ("danger", "Danger", f"should stay denied: {'; '.join(titles)}" if titles else ""),
        ("fix", "Fix", f"{fixing}: `avcdoctor fix --dry-run`" if fixing else ""),
        ("ask", "Ask first", asking_sentence(found)),
        ("hand", "By hand", f"{words.plural(len(found.by_hand), 'incident')} to settle" if found.by_hand else ""),
        ("logged", "Logged", f"{words.plural(found.logged, 'incident')}: permissive" if found.logged else ""),
        ("allowed", "Allowed", f"{words.plural(len(found.allowed), 'incident')} by now" if found.allowed else ""),
        ("alone", "Stands out", across.alone_sentence(report)),
    ]
    return [line for line in lines if line[2]]


def _row(incident: Incident) -> Dict[str, str]:
    """A line of the overview."""
    groups = incident.finding.groups
    objects = dict.fromkeys(name for group in groups for name in words.names((*words.objects(group), *group.ports)))
    named = [item.value for item in hosts(incident)[:1]]
    more = host_count([incident]) - 1
    firsts = [group.first for group in groups if group.first is not None]
    return {
        "id": incident.id,
        "rank": rank(incident).word,
        "title": incident.finding.title,
        "service": _few([group.source for group in groups]),
        "object": _few(list(objects)),
        "cause": words.label(incident),
        "denials": f"{incident.denials:,}",
        "hosts": "".join(named) + (f" +{more:,}" if more > 0 else ""),
        "first": words.minute(min(firsts)) if firsts else "",
        "last": words.minute(last(incident)) if last(incident) else "",
    }


def _few(names: Sequence[str]) -> str:
    return ", ".join(words.some(list(dict.fromkeys(names)), 2))


def _shown(value: Any) -> Any:
    """Make a value safe to show; what a macro of the template has made is done already."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
