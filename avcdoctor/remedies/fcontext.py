"""Remedy `fcontext`: a lasting label rule for a place of one's own, or an equivalence with a known tree."""

from __future__ import annotations

from typing import Dict, FrozenSet, Optional, Tuple

from avcdoctor.actions import make
from avcdoctor.diagnose.kinds import is_container_domain
from avcdoctor.diagnose.label import label_for
from avcdoctor.knowledge import facts
from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.relabel import label_grants, relabelled, switches, where
from avcdoctor.remedies.site import Site
from avcdoctor.remedies.trees import common_tree, is_shared

_FILE_TYPES = {"lnk_file": "l", "sock_file": "s", "fifo_file": "p", "chr_file": "c", "blk_file": "b"}
"""What `semanage fcontext -f` calls the classes other than file."""

_DIRECTORY = 0o040000
_MOST_PLACES = 8


def build(site: Site) -> Optional[Remedy]:
    """Label the tree the denied files share; without a path, say which rule is needed."""
    like, type_, place = site.text("like"), site.text("type"), site.text("place")
    if like:
        return _equivalence(site, like, place, type_)
    if not type_:
        return by_hand(site, "give the place a label of the service's own", "which type, a person decides")
    needed = switches(site, type_)
    outcome, grants = relabelled(site, type_, dict(needed)), label_grants(site, type_)
    turn = make.booleans(needed)
    notes = tuple(f"{name} has to be {'on' if value else 'off'} as well, and is not" for name, value in needed)
    title = f"label it {type_} by a lasting rule"
    inside = any(is_container_domain(group.source) for group in site.groups)  # its paths are not the host's
    named = () if inside else (*((place,) if place.startswith("/") else ()), *site.paths)
    places = _places(site, tuple(dict.fromkeys(named)))
    if places:
        done = turn
        for path, tree, file_type in places:
            done += make.fcontext(path, tree, type_, file_type)
        return remedy(site, title, outcome, done, grants=grants, notes=notes)
    texts = (f"semanage fcontext -a -t {type_} 'DIRECTORY(/.*)?'", "restorecon -Rv DIRECTORY", *where(site))
    by_hand_steps = turn + make.manual(*site.steps, *texts)
    return remedy(site, title, outcome, by_hand_steps, applicability="manual", grants=grants, notes=notes)


def _places(site: Site, paths: Tuple[str, ...]) -> Tuple[Tuple[str, bool, str], ...]:
    """What to label: the tree that all paths share, else each path's own, else the file alone.

    Returns:
        (path, whether all below it is meant, kind of file); nothing when these are too many, or none is known.
    """
    directories = _directories(site)
    shared = common_tree(paths, directories)
    if shared and _may_cover(site, shared, directories):
        return ((shared, True, "a"),)
    found: Dict[str, Tuple[str, bool, str]] = {}
    for path in paths:
        tree = common_tree((path,), directories)
        if tree and _may_cover(site, tree, directories):
            found[tree] = (tree, True, "a")
        elif not is_shared(path.rstrip("/")):
            found[path] = (path.rstrip("/"), path in directories, _FILE_TYPES.get(site.first.tclass, "f"))
    return tuple(found.values()) if len(found) <= _MOST_PLACES else ()


def _may_cover(site: Site, tree: str, directories: FrozenSet[str]) -> bool:
    """Whether a rule for a whole tree takes nothing from others: it was denied itself, or has no label of its own.

    Where the policy has one, such as a service's configuration, the tree keeps it and only the file gets another.
    """
    if tree in directories:
        return True
    found = site.host.label_for(tree, _DIRECTORY)
    known = found.type if found is not None else label_for(site.host, tree, _DIRECTORY).type
    return not known or facts.is_generic(known) or facts.in_group(known, "log_area")


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
        return remedy(site, title, outcome, make.equivalence(place, like))
    texts = (f"semanage fcontext -a -e {like} DIRECTORY", "restorecon -Rv DIRECTORY")
    return remedy(site, title, outcome, make.manual(*texts), applicability="manual")
