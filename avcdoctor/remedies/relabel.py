"""What a new label would do: who may use the object then, and how to find an object whose path the log lacks."""

from __future__ import annotations

import re
from typing import List, Mapping, Tuple

from avcdoctor.host import Answer, Question
from avcdoctor.knowledge import facts
from avcdoctor.model import Group, safe_text
from avcdoctor.remedies.site import Simulated, Site

_DISK = re.compile(
    r"(?:dm-|md|loop|nbd|zd)\d{1,4}|(?:[shv]d|xvd)[a-z]{1,3}\d{0,3}|nvme\d{1,3}n\d{1,3}(?:p\d{1,3})?|mmcblk\d{1,2}p\d{1,3}"
)
"""Names of block devices that file systems lie on; of what a log names, only these come into a command."""

NONE_TURNED: Mapping[str, bool] = {}


def relabelled(site: Site, type_: str, booleans: Mapping[str, bool] = NONE_TURNED) -> Simulated:
    """Whether the sources may do all of this to objects of another type, with some booleans turned."""
    if not type_:
        return site.unchecked("the path, and so its default label, is not known")
    machine = site.first.source.startswith("svirt")  # libvirt gives an image another type while it is used
    used = facts.role("image_in_use") if machine and facts.in_group(type_, "image_at_rest") else type_
    by = "" if used == type_ else f" ({used}, which libvirt gives it when the machine starts)"
    return site.simulate(
        lambda group: site.may(group, used, booleans=booleans) if is_object(group) else False,
        f"{site.first.source} may use {type_}{by} this way",
        against=f"{site.first.source} may not use {type_}{by} this way either",
    )


def switches(site: Site, type_: str) -> Tuple[Tuple[str, bool], ...]:
    """The booleans without which the new type would not be enough; the fewest, then the narrowest."""
    group = site.first
    policy = site.policy(group, type_)
    if policy is None or site.may(group, type_) is not False:
        return ()
    sets = Answer(Question.of(group, site.wanted(group, policy), target=type_), policy).booleans

    def cost(settings: Tuple[Tuple[str, bool], ...]) -> Tuple[int, int]:
        return len(settings), sum(policy.boolean_opens(name, group.source) for name, _value in settings)

    return min(sets, key=cost, default=())


def is_object(group: Group) -> bool:
    """Whether the target is something in a file system; loading a kernel module asks about the module's file."""
    loads = group.tclass == "system" and "module_load" in group.permissions
    return group.tclass.endswith("file") or group.tclass == "dir" or loads


def paths_of_default(site: Site, type_: str) -> Tuple[str, ...]:
    """The log's other paths that the policy (or our own table) gives the same type: one move mislabels many files."""
    found: List[str] = []
    for path in dict.fromkeys((*site.paths, *_plain_paths(site))):
        by_policy, known = site.host.label_for(path), facts.default_label(path)
        if type_ in (by_policy.type if by_policy else "", known.type if known else ""):
            found.append(path)
    return tuple(found)


def _plain_paths(site: Site) -> List[str]:
    """Paths of the objects beyond the examples; only such as `safe_text` left alone, so that they name the file."""
    named = (value.value for group in site.groups if is_object(group) for value in group.objects)
    return [name for name in named if name.startswith("/") and "\\" not in name and not name.endswith("(deleted)")]


def label_grants(site: Site, type_: str) -> Tuple[str, ...]:
    """What a type opens: the source's access to it, and that others may have it too."""
    grants: List[str] = []
    for group in site.groups:
        policy = site.policy(group, type_)
        if policy is not None and is_object(group):
            got = Answer(Question.of(group, target=type_), policy).granted
            grants.append(f"{group.source} gets {{ {' '.join(sorted(got))} }} on {group.tclass} there")
    grants.append(f"every other domain that may use {type_} may use the files too")
    return tuple(dict.fromkeys(grants))


def where(site: Site) -> Tuple[str, ...]:
    """How to find the object when the log holds no full path."""
    one = site.first.examples[0] if site.first.examples else None
    if one is None or site.paths:
        return ()
    if one.inode:
        return (f"the log has no full path; find the file by its inode: `{_search(one.device, one.inode)}`",)
    name = safe_text(one.name)
    return (f"the log has no full path; find the file by its name, {name}",) if name else ()


def _search(device: str, inode: int) -> str:
    """How to find an inode: on every mount of its device where the log names one, else wherever it may lie."""
    if _DISK.fullmatch(device):
        return f"findmnt -rno TARGET /dev/{device} | xargs -I '{{}}' find '{{}}' -xdev -inum {inode}"
    return f"find / -path /proc -prune -o -inum {inode} -print"
