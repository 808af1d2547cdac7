"""Which types a service has for its own things, and which of them would carry a denied access."""

from __future__ import annotations

import re
from typing import Iterable, List, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.access.operations import ADDS, CHANGES
from avcdoctor.access.whole import whole
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case
from avcdoctor.knowledge import facts, tables

_LOG = re.compile(r"(?i)(/|^)logs?(/|$)|\.log(\.|$)|\.out$|(^|/)access_log|error_log")
_UNIT = re.compile(r"\.(service|socket|timer|target|mount|path|slice|automount)$")
_LIBRARY = re.compile(r"\.so(\.[0-9]+)*$")
_CERTIFICATE = re.compile(r"\.(pem|crt|cer|key|csr|p12)$")


def is_system_directory(case: Case) -> bool:
    """Whether the object is a directory of the whole system, such as /home: nothing about it is to be relabelled."""
    if case.tclass != "dir":
        return False
    own = tables.groups("system-directories.yaml").get(case.target, ())
    if case.path:
        return case.path.rstrip("/") in own
    return any(path.endswith(f"/{case.name}") for path in own)


def areas(type_: str) -> Tuple[str, ...]:
    """Below which directories a type of the whole system is the default; nothing for any other type."""
    return tables.groups("areas.yaml").get(type_, ())


def changes(case: Case) -> bool:
    """Whether the access would change the object."""
    return bool(case.permissions & CHANGES)


def basename_default(case: Case) -> Optional[Tuple[str, str]]:
    """(type, path) of a file-context entry that names a file just as the denied one is named.

    Only when exactly one type is found, it differs from the label seen, and the source may use it.
    """
    if case.target_is("nowhere") and not mirrors_home((), (case.name,)):
        return None  # it lies where the policy expects nothing: the file of that name in a known place is another
    candidates: List[Tuple[str, str]] = []
    labels = case.host.labels
    for entry in labels.rules() if labels is not None else ():
        if entry.context is None or entry.prefix.rsplit("/", 1)[-1] != case.name:
            continue
        if entry.exact or entry.pattern.endswith((".*", "[^/]*")):
            candidates.append((entry.context.type, entry.prefix))
    if not candidates:
        known = f"/dev/{case.name}" if case.target_is("devices") else case.name
        told = facts.default_label(known)
        candidates = [(told.type, known)] if told is not None and told.sure else []
    useful = [(type_, path) for type_, path in candidates if type_ != case.target and case.allows(type_) is not False]
    proven = [one for one in useful if case.allows(one[0])]
    kept = proven or [one for one in useful if len(candidates) == 1]
    types = {type_ for type_, _path in kept}
    return kept[0] if len(types) == 1 and not case.allows(case.target) else None


def own_place_near(case: Case, links: bool = False) -> Optional[Tuple[str, str]]:
    """(type, path) of the service's own place below the directory whose generic label was seen.

    Args:
        case: the group.
        links: whether a place counts whose type the source may not use this way, as links of it often are.
    """
    below = areas(case.target)
    if case.permissions & ADDS:
        below = ()  # the directory that was written to may be the system's own, such as /run itself
    if not below or kinds.is_launcher(case.source) or case.tclass == "sock_file":
        return None
    uses: Tuple[str, ...] = ("read", "write", "config")
    if case.permissions & CHANGES:
        uses = ("write", "read", "runtime", "cache", "config")
    elif case.permissions & {"execute", "execute_no_trans"}:
        uses = ("script", "exec")  # a program is none of the service's data
    near = [
        (uses.index(use), type_, path)
        for type_, path, use in own_places(case)
        if path.startswith(below) and use in uses and (links or case.allows(type_) is not False)
    ]
    if not near:
        return None
    _order, type_, path = min(near)
    return type_, path


def own_places(case: Case) -> List[Tuple[str, str, str]]:
    """(type, path, use) of everything the service has: from its rule pack, else from the file contexts by name."""
    if case.service is not None:
        return [(place.type, place.path, place.use) for place in case.service.places if place.path]
    family = words.family(case.source)
    found = []
    labels = case.host.labels
    for type_, entries in labels.by_type.items() if labels is not None else ():
        if type_.startswith(f"{family}_") and not names.is_program(type_):
            # The label of one file, such as /etc/passwd, says nothing about others.
            trees = (entry for entry in entries if not entry.exact)
            found += [(type_, entry.prefix.rstrip("/"), _use_by_name(type_)) for entry in trees]
    return found


def _use_by_name(type_: str) -> str:
    uses = ("log", "runtime", "cache", "config", "read")
    return next((use for use in uses if facts.in_group(type_, f"use_{use}")), "write")


def is_own_configuration(case: Case) -> bool:
    """Whether the target is the type of the service's own configuration."""
    told = any(
        place.type == case.target and place.use == "config" for place in (case.service.places if case.service else ())
    )
    return told or (case.is_own(case.target) and _use_by_name(case.target) == "config")


def own_names(case: Case) -> Tuple[str, ...]:
    """How the service's own directories are called."""
    stem = words.family(case.source)
    named = (stem, stem.rstrip("d"), case.comm, case.service.name if case.service else "")
    return tuple(dict.fromkeys(name for name in named if name))


def own_state(case: Case) -> Optional[Tuple[str, str]]:
    """(type, directory) of what the service keeps and changes, by the policy's file contexts: its sibling place."""
    labels = case.host.labels
    found = [
        (type_, entry.prefix.rstrip("/"))
        for type_, entries in (labels.by_type.items() if labels is not None else ())
        for entry in entries
        if entry.prefix.startswith("/var/lib/") and entry.prefix.split("/")[3] in own_names(case)
    ]
    fitting = [one for one in found if _fits(case, one[0]) and not facts.is_generic(one[0])]
    return min(fitting, key=lambda one: (one[1].count("/"), one), default=None)


def candidates(case: Case) -> List[str]:
    """Types that would carry the whole access, the one that gives the source least first.

    The service's own types, the shared content types, and what the path's name suggests (logs, certificates);
    never a type of another service.
    """
    hints = [type_ for type_ in _hints(case) if _fits(case, type_)]
    if hints:
        return hints[:1]
    for use in _wanted_uses(case):
        own = (type_ for type_, _path, of in own_places(case) if of == use and not facts.is_generic(type_))
        fitting = [type_ for type_ in own if _fits(case, type_)]
        if fitting:
            return list(dict.fromkeys(fitting))[:2]
    writes = bool(case.permissions & CHANGES)
    if case.tclass == "file" and case.permissions & {"execute", "execute_no_trans"} and not writes:
        shared = [facts.role("program")]
    elif kinds.serves_files(case.source):
        shared = [facts.role("public_content_written" if writes else "public_content")]
    elif case.target_is("no_place") and not writes:
        shared = [facts.role("shared_data")]
    else:
        shared = []
    return [type_ for type_ in shared if _fits(case, type_)]


def own_logs(case: Case) -> List[str]:
    """The source's own types for logs, when the object lies among the logs without one; the shortest name first.

    Whose work is to read logs of others gets none: what it meets there is not its own.
    """
    if not case.target_is("log_area") or case.tclass not in ("file", "dir") or is_log_keeper(case):
        return []
    if kinds.is_launcher(case.source) or is_system_directory(case) or not _writes_own_log(case):
        return []
    packed = [type_ for type_, _path, use in own_places(case) if use == "log"]
    stem = words.family(case.source)
    policy = case.source_policy
    known = policy.types if policy is not None else frozenset()
    named = [one for one in known if one.startswith(f"{stem}_") and facts.in_group(one, "log")]
    if not case.local and facts.has_label(names.typed(f"{stem}_log")):
        named.append(names.typed(f"{stem}_log"))
    found = [*packed, *sorted(named, key=lambda one: (len(one), one))]
    return [one for one in dict.fromkeys(found) if one != case.target and case.allows(one) is not False][:2]


def _writes_own_log(case: Case) -> bool:
    """Whether the object is a log of the source's own: it writes there, or the directory bears its name."""
    if case.permissions & CHANGES:
        return True
    parts = case.path.split("/")[3:] if case.path.startswith(areas(case.target)) else []
    stem = words.family(case.source)
    own = {stem, stem.rstrip("d"), case.comm, *((case.service.name,) if case.service else ())} - {""}
    named = any(part.startswith(tuple(own)) for part in parts)
    if "read" in case.permissions:
        return named
    return named or len(parts) > 1 or (not case.path and _LOG.search(case.name) is not None)


def _wanted_uses(case: Case) -> Tuple[str, ...]:
    if case.permissions & CHANGES and _LOG.search(case.shown_path or case.name):
        return ("log", "write", "read")
    if case.permissions & {"execute", "execute_no_trans"}:
        return ("script", "exec")
    if case.permissions & CHANGES:
        return ("write", "cache", "runtime", "log")
    return ("read", "config", "write") if case.path.startswith("/etc/") else ("read", "write")


def _hints(case: Case) -> List[str]:
    """Types that a name suggests, whoever the service is."""
    name = case.shown_path or case.name
    found = []
    if _CERTIFICATE.search(name):
        found.append(facts.role("certificate"))
    if _LIBRARY.search(name) and case.permissions & {"execute", "map"} and not case.permissions & CHANGES:
        found.append(facts.role("library"))
    if is_log_keeper(case):
        found.append(facts.role("any_log"))
    if case.source_is("starter") and case.target_is("no_place"):
        found.append(facts.role("unit_file" if _UNIT.search(name) else "shared_data"))
    if "Maildir" in name or "/mail/" in name:
        found.append(facts.role("mail_of_home"))
    return found


def is_stray_library(case: Case) -> bool:
    """Whether a service may not load a shared library that carries the label of other things.

    Not in a home or temporary directory: there others may put what they like.
    """
    loads = case.tclass == "file" and bool(case.permissions & {"execute", "map"}) and not changes(case)
    if not loads or not _LIBRARY.search(case.name) or kinds.is_container_domain(case.source):
        return False
    temporary = facts.in_group(case.target, "temporary") or case.path.startswith(("/tmp/", "/var/tmp/", "/dev/shm/"))  # noqa: S108 - names to recognise
    if temporary or facts.in_group(case.target, "home") or not kinds.launcher_or_service(case.source):
        return False
    default, sure = case.default_label(case.path) if case.path else ("", True)
    as_meant = sure and default in (case.target, "")  # else its place has a better label
    closed = case.allows(case.target, {"execute"}) is not True and not kinds.is_web_service(case.source)
    return as_meant and closed and case.allows(facts.role("library"), {"execute", "map"}) is not False


def is_log_keeper(case: Case) -> bool:
    """Whether the program's work is logs, whoever wrote them (rotating, collecting, watching), and this looks like
    one."""
    watches = case.source_is("log-watcher")
    return case.source_is("log-keeper") and (not watches or _LOG.search(case.shown_path) is not None)


def _fits(case: Case, type_: str) -> bool:
    if type_ == case.target:
        return False
    wanted = whole(case.tclass, case.permissions)
    return case.allows(type_, wanted) is not False


def mirrors_home(paths: Iterable[str], names: Iterable[str]) -> bool:
    """Whether the names are those of a home directory's contents, which somewhere else want an equivalence."""
    telling = (".ssh", "authorized_keys", ".bashrc", ".profile", "public_html")
    return any(part in telling for path in paths for part in path.split("/")) or any(name in telling for name in names)
