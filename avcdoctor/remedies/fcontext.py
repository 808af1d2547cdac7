"""Remedy `fcontext`: a lasting label rule for a place of one's own, or an equivalence with a known tree."""

from __future__ import annotations

from typing import FrozenSet, Optional

from avcdoctor.diagnose.kinds import is_container_domain
from avcdoctor.model import Remedy
from avcdoctor.remedies import actions
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.relabel import label_grants, relabelled, switches, where
from avcdoctor.remedies.site import Site
from avcdoctor.remedies.trees import STANDARD, common_tree

_FILE_TYPES = {"lnk_file": "l", "sock_file": "s", "fifo_file": "p", "chr_file": "c", "blk_file": "b"}
"""What `semanage fcontext -f` calls the classes other than file."""


def build(site: Site) -> Optional[Remedy]:
    """Label the tree the denied files share; without a path, say which rule is needed."""
    like, type_, place = site.text("like"), site.text("type"), site.text("place")
    if like:
        return _equivalence(site, like, place, type_)
    if not type_:
        return by_hand(site, "give the place a label of the service's own", "which type, a person decides")
    needed = switches(site, type_)
    outcome, grants = relabelled(site, type_, dict(needed)), label_grants(site, type_)
    turn, back = actions.booleans(needed)
    notes = tuple(f"{name} has to be {'on' if value else 'off'} as well, and is not" for name, value in needed)
    title = f"label it {type_} by a lasting rule"
    inside = any(is_container_domain(group.source) for group in site.groups)  # its paths are not the host's
    named = () if inside else (*((place,) if place.startswith("/") else ()), *site.paths)
    paths = tuple(dict.fromkeys(named))
    tree = common_tree(paths, _directories(site))
    alone = paths[0].rstrip("/") if paths else ""
    if tree:
        done, undo = actions.fcontext(tree, True, type_)
        return remedy(site, title, outcome, (turn + done, undo + back), grants=grants, notes=notes)
    if alone and alone not in STANDARD:
        is_tree = site.first.tclass == "dir"
        done, undo = actions.fcontext(alone, is_tree, type_, _FILE_TYPES.get(site.first.tclass, "f"))
        return remedy(site, title, outcome, (turn + done, undo + back), grants=grants, notes=notes)
    texts = (f"semanage fcontext -a -t {type_} 'DIRECTORY(/.*)?'", "restorecon -Rv DIRECTORY", *where(site))
    steps = (turn + actions.manual(*site.steps, *texts), back)
    return remedy(site, title, outcome, steps, applicability="manual", grants=grants, notes=notes)


def _directories(site: Site) -> FrozenSet[str]:
    """Those of the denied objects that are directories."""
    examples = (one for group in site.groups if group.tclass == "dir" for one in group.examples)
    return frozenset(one.raw_path for one in examples)


def _equivalence(site: Site, like: str, place: str, type_: str) -> Remedy:
    if type_:
        outcome = relabelled(site, type_)
    else:
        outcome = site.unchecked(f"an equivalence gives every file the label it would have below {like}")
    title = f"treat the directory as the policy treats {like}"
    if place.startswith("/"):
        return remedy(site, title, outcome, actions.equivalence(place, like))
    texts = (f"semanage fcontext -a -e {like} DIRECTORY", "restorecon -Rv DIRECTORY")
    return remedy(site, title, outcome, (actions.manual(*texts), ()), applicability="manual")
