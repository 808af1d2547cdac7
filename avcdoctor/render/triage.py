"""Render the verdict of `avcdoctor triage`: as text for a terminal, and as JSON by `triage.schema.json`."""

from __future__ import annotations

import json as standard_json
from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from avcdoctor.knowledge.weakening import withheld
from avcdoctor.model import safe_text
from avcdoctor.render.page import Page
from avcdoctor.render.promise import kept_remedy
from avcdoctor.render.steps import remedy_document, show_heading, show_steps, show_undo
from avcdoctor.triage.model import Explanation, Observation, Triage, TriageIncident
from avcdoctor.triage.refusals import PROVE

SCHEMA_VERSION = 2
LAYER_WORDS = {
    "selinux": "SELinux",
    "dac": "owner, mode or ACL (DAC)",
    "path": "a missing path",
    "symlink": "a symbolic link",
    "mount": "the mount",
    "seccomp": "a system-call filter (seccomp)",
    "apparmor": "AppArmor",
    "fapolicyd": "fapolicyd",
    "capability": "a missing capability",
    "sandbox": "systemd's set-up of the service",
    "immutable": "an immutable file",
    "exec-format": "the file's format or interpreter",
    "application": "the program itself",
}
"""What a person calls each layer."""

_KIND_WORDS = {
    "protected-file": "the kernel's protection of shared directories (fs.protected_*)",
    "protected-hardlink": "the kernel's protection of hard links (fs.protected_hardlinks)",
    "noexec": "the mount (noexec)",
    "read-only": "the mount (read-only)",
    "home-hidden": "the unit's sandbox (ProtectHome=)",
    "device-hidden": "the unit's sandbox or a container (/dev of its own)",
    "relabel-not-owner": "the file's owner, who alone may set a label",
    "privileged-port": "a missing capability (CAP_NET_BIND_SERVICE)",
}
"""Headlines that say more than the layer's name."""

_DECIDE = f"{PROVE}   # scontext= in a record: SELinux"
_MORE = "a service by its name (`avcdoctor triage SERVICE`), or more of its log: `journalctl -b -u UNIT`"
_FEW = 3
_SHORT = 12  # lines of an answer that rests on an error number alone


def json(triage: Triage, explained: Optional[Dict[str, Any]] = None) -> str:
    """Render a verdict as one JSON object, pure ASCII, ending with a line break.

    Args:
        triage: the verdict.
        explained: the JSON object of explain's report over the same evidence, when SELinux leads.
    """
    return standard_json.dumps({**document(triage), "explain": explained}, indent=2) + "\n"


def document(triage: Triage) -> Dict[str, Any]:
    """Build the JSON object: the leading incident's answer on top, all incidents below it."""
    incidents = [_incident(incident) for incident in _kept(triage).incidents]
    leading = incidents[0] if incidents else {}
    return {
        "schema_version": SCHEMA_VERSION,
        "layer": triage.layer or None,
        "kind": leading.get("kind"),
        "selinux": {"true": True, "false": False}.get(triage.selinux, "unknown"),
        "selinux_why": safe_text(triage.selinux_why),
        "blocked_by_selinux": triage.blocked,
        "title": leading.get("title", ""),
        "cause": leading.get("cause", ""),
        "evidence": leading.get("evidence", []),
        "ruled_out": leading.get("ruled_out", []),
        "remedies": leading.get("remedies", []),
        "input": {"lines": triage.lines, "sources": _texts(triage.sources)},
        "notes": _texts(triage.notes),
        "incidents": incidents,
    }


def _incident(incident: TriageIncident) -> Dict[str, Any]:
    explanation = incident.explanation
    return {
        "id": incident.id,
        "rule": incident.rule or None,
        "layer": incident.layer,
        "also": list(explanation.also),
        "kind": explanation.kind,
        "proof": incident.proof,
        "title": safe_text(explanation.title),
        "cause": safe_text(explanation.cause),
        "why": safe_text(explanation.because),
        "evidence": [_observation(one) for one in incident.observations],
        "ruled_out": [{"layer": one.layer, "why": safe_text(one.why)} for one in incident.ruled_out],
        "how_to_be_sure": _texts(explanation.sure),
        "remedies": [remedy_document(remedy) for remedy in explanation.remedies],
        "warnings": _texts(explanation.warnings),
        "see": _texts(explanation.see),
    }


def _observation(seen: Observation) -> Dict[str, Any]:
    return {
        "layer": seen.layer,
        "what": safe_text(seen.what),
        "where": safe_text(seen.where),
        "time": safe_text(seen.time),
        "process": safe_text(seen.process),
        "errno": seen.errno,
        "path": safe_text(seen.path),
        "proof": seen.proof,
        "line": safe_text(seen.line),
    }


def _kept(triage: Triage) -> Triage:
    """A verdict without any instruction that would weaken the machine, whoever wrote the rule."""
    return replace(
        triage,
        incidents=tuple(
            replace(
                incident,
                explanation=_kept_explanation(incident.explanation),
                ruled_out=tuple(replace(one, why=withheld(one.why)) for one in incident.ruled_out),
            )
            for incident in triage.incidents
        ),
    )


def _kept_explanation(explanation: Explanation) -> Explanation:
    return replace(
        explanation,
        title=withheld(explanation.title),
        cause=withheld(explanation.cause),
        because=withheld(explanation.because),
        sure=tuple(map(withheld, explanation.sure)),
        warnings=tuple(map(withheld, explanation.warnings)),
        see=tuple(map(withheld, explanation.see)),
        remedies=tuple(map(kept_remedy, explanation.remedies)),
    )


def _texts(values: Sequence[str]) -> List[str]:
    return [safe_text(value) for value in values]


def text(
    triage: Triage, *, width: int = 100, color: bool = False, verbose: bool = False, explained: bool = False
) -> str:
    """Render a verdict as text: the layer, why it is or isn't SELinux, what to do, and how to be sure.

    Args:
        triage: the verdict.
        width: columns of the terminal; commands may be longer, so that they can be copied.
        color: whether to use terminal colours.
        verbose: all incidents in full, with every line of evidence, what is ruled out, how to be sure and undo.
        explained: explain's own report over the same denials follows, so that the leading one is not shown twice.
    """
    triage = _kept(triage)
    page = Page(width, color=color)
    for note in triage.notes:
        page.paragraph(note, style="dim")
    if not triage.incidents:
        page.line(("Nothing in the evidence names a layer.", "bold"))
        page.labelled("next", _MORE)
        return page.text()
    style, headline = _headline(triage)
    page.line((headline, f"bold {style}"))
    if verbose:
        page.labelled("why", triage.selinux_why)
        for incident in triage.incidents:
            page.blank()
            _show(page, incident)
        return page.text()
    if triage.selinux == "unknown":
        page.labelled("prove", _DECIDE)
    if not explained:
        page.blank()
        _show_briefly(page, triage.incidents[0])
    _show_others(page, triage.incidents[1:])
    return page.text()


def _headline(triage: Triage) -> Tuple[str, str]:
    leading = triage.incidents[0]
    layer = _KIND_WORDS.get(leading.explanation.kind, LAYER_WORDS[triage.layer])
    if triage.layer == "selinux" and triage.selinux == "true":
        if leading.proof == "named":
            return "red", "SELinux stopped it, by the report of another program."
        return (
            ("red", "SELinux stopped it.") if triage.blocked else ("yellow", "SELinux logged it, and stopped nothing.")
        )
    if triage.layer == "selinux":
        return "yellow", "It looks like SELinux, but no denial is in the evidence."
    if triage.selinux == "false":
        return "green", f"Not SELinux. The layer: {layer}."
    if leading.undecided and leading.explanation.likely:
        return "yellow", f"Most likely {layer}; SELinux is not excluded."
    if leading.undecided:
        return "yellow", f"Not decided: SELinux, or {layer}."
    return "yellow", f"Most likely not SELinux. The layer: {layer}."


def _show(page: Page, incident: TriageIncident) -> None:
    """An incident in full."""
    explanation = incident.explanation
    page.line((incident.rule or explanation.kind, "bold cyan"), "  ", (explanation.title, "bold"))
    for seen in incident.observations:
        page.paragraph(f"{seen.where}: {seen.line}", indent=4, style="dim")
    page.blank()
    page.labelled("cause", explanation.cause)
    page.labelled("why", explanation.because)
    page.labelled("not", *(f"{one.layer}: {one.why.rstrip('.')}." for one in incident.ruled_out))
    page.labelled("sure", *explanation.sure)
    page.labelled("note", *explanation.warnings, style="yellow")
    page.blank()
    for number, remedy in enumerate(explanation.remedies, 1):
        show_heading(page, number, remedy)
        show_steps(page, remedy, verbose=True)
        for note in remedy.notes:
            page.paragraph(note, indent=7)
        show_undo(page, remedy, verbose=True)
    page.labelled("see", *explanation.see)


def _show_briefly(page: Page, incident: TriageIncident) -> None:
    """An incident on a few lines: a rule knows more and may say why, an answer from the error number alone is short."""
    explanation = incident.explanation
    page.line((incident.rule or explanation.kind, "bold cyan"), "  ", (explanation.title, "bold"))
    first = incident.observations[0]
    more = f"  (and {len(incident.observations) - 1} more)" if len(incident.observations) > 1 else ""
    page.line((_cut(f"{first.where}: {first.line}", page.width - 4 - len(more)) + more, "dim"), indent=4)
    page.labelled("cause", explanation.cause)
    if incident.rule:
        page.labelled("why", explanation.because)
    page.labelled("note", *explanation.warnings, style="yellow")
    for number, remedy in enumerate(explanation.remedies[:_FEW], 1):
        show_heading(page, number, remedy)
        show_steps(page, remedy, verbose=False)
        if incident.rule or incident.proof == "record":
            for note in remedy.notes:
                page.paragraph(note, indent=7)


def _show_others(page: Page, incidents: Sequence[TriageIncident]) -> None:
    """The findings beside the leading one by their titles, with what to do where there is room for it."""
    roomy = len(page.text().splitlines()) + 3 * len(incidents) <= _SHORT
    for incident in incidents[:_FEW]:
        explanation = incident.explanation
        title = f"{incident.rule or explanation.kind}: {explanation.title}"
        if roomy and explanation.remedies:
            page.labelled("also", f"{title} -> {explanation.remedies[0].title}")
        else:
            page.labelled("also", title if len(title) <= page.width - 9 else title[: page.width - 13] + " ...")
    if len(incidents) > _FEW:
        page.labelled("also", f"{len(incidents) - _FEW} more; -v shows everything")


def _cut(line: str, width: int) -> str:
    """A line that fits, by leaving out its middle: who speaks stands first, the error's words last."""
    shown = safe_text(line)
    if len(shown) <= width:
        return shown
    half = (width - 5) // 2
    return f"{shown[:half]} ... {shown[-half:]}"
