"""Render what `avcdoctor path` found: as text for a terminal, and as JSON by `path.schema.json`."""

from __future__ import annotations

import json as standard_json
import stat
from typing import Any, Dict, List, Tuple

from avcdoctor.host.walk import Component
from avcdoctor.model import Context, safe_text
from avcdoctor.render.page import Page
from avcdoctor.render.promise import kept_remedy
from avcdoctor.render.quote import display_word
from avcdoctor.render.steps import remedy_document, show_heading, show_steps, show_undo
from avcdoctor.render.triage import LAYER_WORDS
from avcdoctor.triage.access import Access, Stop

SCHEMA_VERSION = 1
_ASKED_WORDS = {"lookup": "lookup", "dac": "owner/mode", "mount": "mount", "lsm": "SELinux"}
_TELLING = ("ro", "noexec", "nosuid", "nodev", "idmapped", "nosymfollow")
_SHOWN_STOPS = 3


def json(access: Access) -> str:
    """Render as one JSON object, pure ASCII, ending with a line break."""
    return standard_json.dumps(document(access), indent=2) + "\n"


def document(access: Access) -> Dict[str, Any]:
    """Build the JSON object. `path_bytes` holds a name as the system does, where it is no plain text."""
    walk, who = access.walk, access.subject
    first = access.stops[0] if access.stops else None
    return {
        "schema_version": SCHEMA_VERSION,
        "path": safe_text(walk.asked),
        "real": safe_text(walk.real),
        "end": walk.end,
        "links": walk.links,
        "for": access.purpose,
        "subject": {
            "user": safe_text(who.name),
            "uid": who.uid,
            "groups": sorted(who.groups),
            "capabilities": sorted(who.capabilities),
            "domain": safe_text(who.domain),
            "told_by": safe_text(who.told_by),
        },
        "allowed": first is None,
        "layer": first.layer if first else None,
        "verdicts": [{"asked": one.asked, "answer": one.answer, "why": safe_text(one.why)} for one in access.verdicts],
        "stops": [_stop(stop) for stop in access.stops],
        "mounts_told_by": safe_text(walk.mounts_told_by),
        "notes": [safe_text(note) for note in access.notes],
        "components": [_component(one) for one in walk.components],
    }


def _stop(stop: Stop) -> Dict[str, Any]:
    return {
        "asked": stop.asked,
        "layer": stop.layer,
        "errno": stop.errno,
        "component": stop.at,
        "path": safe_text(stop.path),
        "why": safe_text(stop.why),
        "remedies": [remedy_document(kept_remedy(remedy)) for remedy in stop.remedies],
    }


def _component(one: Component) -> Dict[str, Any]:
    mount = one.mount
    return {
        "path": safe_text(one.path),
        "path_bytes": None if one.path.isprintable() else one.path,
        "type": one.kind or None,
        "mode": stat.filemode(one.mode) if one.kind else None,
        "owner": safe_text(one.owner),
        "group": safe_text(one.group),
        "target": safe_text(one.target) if one.kind == "link" else None,
        "acl": [_acl_text(entry.tag, entry.number, entry.bits) for entry in one.carried.acl],
        "capabilities": list(one.carried.capabilities),
        "flags": list(one.carried.flags),
        "label": safe_text(str(one.label)) if one.label else None,
        "default_label": safe_text(str(one.default)) if one.default else None,
        "mount": {
            "point": safe_text(mount.point),
            "type": safe_text(mount.type),
            "source": safe_text(mount.source),
            "options": [safe_text(option) for option in mount.options],
            "id_mapped": mount.id_mapped,
        }
        if mount
        else None,
        "error": one.error or None,
    }


def _acl_text(tag: str, number: int, bits: int) -> str:
    who = "" if number < 0 else str(number)
    return f"{tag.partition('_')[0]}:{who}:" + "".join(
        letter if bits & bit else "-" for bit, letter in ((4, "r"), (2, "w"), (1, "x"))
    )


def text(access: Access, *, width: int = 100, color: bool = False, verbose: bool = False) -> str:
    """Render as text: each component, each layer's answer, who stops whom, and the smallest change.

    Args:
        access: what was found.
        width: columns of the terminal; commands may be longer, so that they can be copied.
        color: whether to use terminal colours.
        verbose: all mount options, and every stop with its undo.
    """
    page = Page(width, color=color)
    style, answer = _answer(access)
    page.paragraph(answer, style=f"bold {style}")
    page.blank()
    stopped = {stop.at for stop in access.stops}
    for number, one in enumerate(access.walk.components):
        _show_component(page, number, one, access, stopped=number in stopped, verbose=verbose)
    page.blank()
    _show_asked(page, access, verbose=verbose)
    page.labelled("note", *access.notes, style="yellow")
    page.blank()
    for stop in access.stops if verbose else access.stops[:1]:
        _show_changes(page, stop, verbose=verbose)
    if not verbose and len(access.stops) > 1:
        then = ", ".join(f"{LAYER_WORDS[stop.layer]} at {display_word(stop.path)}" for stop in access.stops[1:4])
        page.line(f"after that: {then}")
    return page.text()


def _answer(access: Access) -> Tuple[str, str]:
    """The answer in one sentence: who may do what, or who is stopped where, by what, and what the program sees."""
    who = safe_text(access.subject.name)
    if access.subject.domain:
        who += f" in {safe_text(access.subject.domain)}"
    path = safe_text(access.walk.asked)
    if access.stops:
        first = access.stops[0]
        return "red", f"Stopped by {LAYER_WORDS[first.layer]} with {first.errno}: {first.why}."
    unknown = [_ASKED_WORDS[verdict.asked] for verdict in access.verdicts if verdict.answer == "unknown"]
    if unknown:
        return (
            "yellow",
            f"Nothing that was asked stands in the way of {who} at {path}; not asked: {', '.join(unknown)}.",
        )
    return "green", f"Nothing stands in the way of {who} at {path} ({access.purpose})."


def _show_asked(page: Page, access: Access, *, verbose: bool) -> None:
    """Who asked, and each layer's answer; those that let it pass share a line."""
    domain = f" in {access.subject.domain}" if access.subject.domain else ""
    page.labelled("who", f"{access.subject.name}{domain} ({access.subject.told_by})")
    page.labelled("for", access.purpose)
    passing = [verdict for verdict in access.verdicts if verdict.answer == "passes"]
    for verdict in access.verdicts if verbose else [one for one in access.verdicts if one.answer == "unknown"]:
        style = {"passes": "green", "stops": "red"}.get(verdict.answer, "yellow")
        page.line((f"{_ASKED_WORDS[verdict.asked]:<12}{verdict.answer:<9}", style), indent=2)
        page.paragraph(verdict.why, indent=14)
    if passing and not verbose:
        page.labelled("passes", ", ".join(_ASKED_WORDS[verdict.asked] for verdict in passing), style="green")
        if access.walk.links:
            page.labelled("links", access.verdicts[0].why)


def _show_component(page: Page, number: int, one: Component, access: Access, *, stopped: bool, verbose: bool) -> None:
    mark: List[Any] = [("x", "red") if stopped else " ", " "]
    if not one.kind:
        page.line(*mark, f"{'-':<10}  {one.error or 'missing':<18} ", (display_word(one.path), "red"))
        return
    name = display_word(one.path)
    if one.kind == "link":
        name += f" -> {display_word(one.target)}"
    owner = f"{one.owner}:{one.group}"
    page.line(*mark, f"{stat.filemode(one.mode):<10}  {owner:<18} ", (name, "bold"))
    facts = []
    if one.label or one.default:
        facts.append(_label_words(one, whole=verbose))
    if one.carried.acl:
        named = [entry for entry in one.carried.acl if entry.tag in ("user", "group", "mask")]
        facts.append("ACL " + " ".join(_acl_text(entry.tag, entry.number, entry.bits) for entry in named))
    if one.carried.capabilities:
        facts.append("capabilities " + ",".join(one.carried.capabilities))
    facts += list(one.carried.flags)
    before = access.walk.components[number - 1].mount if number else None
    if one.mount is not None and (before is None or before.point != one.mount.point):
        options = (
            one.mount.options
            if verbose
            else [option for option in one.mount.options if option in _TELLING or option.startswith("context=")]
        )
        facts.append(f"mount {display_word(one.mount.point)} {one.mount.type} {','.join(options) or 'rw'}")
    page.flow([(fact, "dim") for fact in facts], indent=33, hang=33)


def _label_words(one: Component, *, whole: bool) -> str:
    def shown(context: Context) -> str:
        return str(context) if whole else context.type

    if one.label is None:
        return f"no label known; by the policy {shown(one.default)}" if one.default else ""
    if one.default is not None and one.default.type != one.label.type:
        return f"label {shown(one.label)}, by the policy {shown(one.default)}"
    return f"label {shown(one.label)}"


def _show_changes(page: Page, stop: Stop, *, verbose: bool) -> None:
    for number, stated in enumerate(stop.remedies[: None if verbose else _SHOWN_STOPS], 1):
        remedy = kept_remedy(stated)
        show_heading(page, number, remedy)
        show_steps(page, remedy, verbose=verbose)
        if verbose:
            show_undo(page, remedy, verbose=verbose)
