"""Remedy `fcontext`: a lasting label rule for a place of one's own, or an equivalence with a known tree."""

from __future__ import annotations

from typing import Optional

from avcdoctor.model import Remedy
from avcdoctor.remedies import actions
from avcdoctor.remedies.build import remedy
from avcdoctor.remedies.relabel import label_grants, relabelled, where
from avcdoctor.remedies.site import Site
from avcdoctor.remedies.trees import STANDARD, common_tree


def build(site: Site) -> Optional[Remedy]:
    """Label the tree the denied files share; without a path, say which rule is needed."""
    like, type_, place = site.text("like"), site.text("type"), site.text("place")
    if like:
        return _equivalence(site, like, place)
    if not type_:
        return None
    outcome, grants = relabelled(site, type_), label_grants(site, type_)
    title = f"label it {type_} by a lasting rule"
    paths = tuple(dict.fromkeys((*((place,) if place.startswith("/") else ()), *site.paths)))
    tree = common_tree(paths)
    alone = paths[0].rstrip("/") if paths else ""
    if tree:
        return remedy(site, title, outcome, actions.fcontext(tree, True, type_), grants=grants)
    if alone and alone not in STANDARD:
        is_tree = site.first.tclass == "dir"
        return remedy(site, title, outcome, actions.fcontext(alone, is_tree, type_), grants=grants)
    texts = (f"semanage fcontext -a -t {type_} 'DIRECTORY(/.*)?'", "restorecon -Rv DIRECTORY", *where(site))
    steps = actions.manual(*site.steps, *texts)
    return remedy(site, title, outcome, (steps, ()), applicability="manual", grants=grants)


def _equivalence(site: Site, like: str, place: str) -> Remedy:
    outcome = site.unchecked(f"an equivalence gives every file the label it would have below {like}")
    title = f"treat the directory as the policy treats {like}"
    if place.startswith("/"):
        return remedy(site, title, outcome, actions.equivalence(place, like))
    texts = (f"semanage fcontext -a -e {like} DIRECTORY", "restorecon -Rv DIRECTORY")
    return remedy(site, title, outcome, (actions.manual(*texts), ()), applicability="manual")
