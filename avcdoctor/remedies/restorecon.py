"""Remedy `restorecon`: put back the label that the policy intends for a path."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.actions import make
from avcdoctor.diagnose.case import is_usable
from avcdoctor.model import Remedy, Simulation, safe_text
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.relabel import paths_of_default, relabelled, where
from avcdoctor.remedies.site import Simulated, Site

_MOST_PATHS = 20
_PUT_RIGHT = "what the log names is not there any more, or carries the right label by now"


def build(site: Site) -> Remedy:
    """Restore the paths the log names; without a path, say how to find it.

    On the machine that wrote the log what is not there, or carries its label already, needs no restoring.
    """
    type_, place = site.text("type"), site.text("place")
    paths = tuple(dict.fromkeys((place, *paths_of_default(site, type_)))) if place.startswith("/") else site.paths
    recursive = bool(site.proposal.parameters.get("recursive"))
    title = "put the policy's label back" + (f" ({type_})" if type_ else "")
    outcome = relabelled(site, type_)
    tree = site.text("tree")
    if site.own_log:
        here = tuple(path for path in paths if _needs(site, path, type_))
        elsewhere = _elsewhere(site, type_) if paths and not here else ""
        if elsewhere:
            return remedy(site, title, _refuted(site, elsewhere), (), applicability="manual")
        if paths and not here:
            return by_hand(site, "nothing is left to restore", _PUT_RIGHT, f"nothing to do: {_PUT_RIGHT}")
        paths = here
    if not paths and tree.startswith("/") and site.own_log and site.host.files.is_gone(tree):
        tree = ""
    if not paths and tree.startswith("/") and not site.steps:
        title = f"put the policy's labels back below {tree}"
        return remedy(site, title, outcome, (make.restorecon(tree, True),), applicability="safe")
    told = any("restorecon" in step for step in site.steps)
    if not paths or told:
        find = (*where(site), "then `restorecon -v PATH` (`matchpathcon -V PATH` shows the label it should have)")
        texts = site.steps if told else (*find, *site.steps)
        return remedy(site, title, outcome, make.manual(*texts), applicability="manual")
    done = tuple(make.restorecon(path, recursive, type_, site.first.target) for path in paths[:_MOST_PATHS])
    notes = ("`restorecon -n` first shows what would change", *_others(site, paths[:_MOST_PATHS]))
    steps = done + make.manual(*site.steps)
    return remedy(site, title, outcome, steps, applicability="safe", notes=notes)


def _needs(site: Site, path: str, type_: str) -> bool:
    """Whether a path is there and does not carry the type yet; a label that can't be read counts as wrong."""
    if site.host.files.is_gone(path):
        return False
    label = site.host.files.label(path)
    return label is None or not type_ or label.type != type_


def _elsewhere(site: Site, type_: str) -> str:
    """A path of the log that is there, still carries the label it was denied for, and has no better default."""
    for group in site.groups if site.host.labels is not None else ():
        for one in group.examples:
            facts = site.host.files.lstat(one.raw_path) if is_usable(one.raw_path) else None
            label = site.host.files.label(one.raw_path) if facts is not None else None
            if facts is None or label is None or label.type != group.target:
                continue
            default = site.host.label_for(facts.path, facts.st_mode)
            if default is None or default.type == label.type or (type_ and default.type != type_):
                return facts.path
    return ""


def _refuted(site: Site, path: str) -> Simulated:
    why = f"{safe_text(path)} lies where the policy means it to have the label it has"
    return Simulated(Simulation(site.before(), "denied", why, site.policy_name), (), 0)


def _others(site: Site, named: Tuple[str, ...]) -> Tuple[str, ...]:
    """Say that the log has more objects than the commands name."""
    shown = {safe_text(path) for path in named}
    full = {value.value for group in site.groups for value in group.objects if value.value.startswith("/")}
    count = len(full - shown)
    return (f"{count} more paths of the log are not named here: look at them as well",) if count else ()
