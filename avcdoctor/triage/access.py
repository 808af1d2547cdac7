"""Says for a walked path which layer stops whom at which component, and the smallest change that helps."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import FrozenSet, List, Optional, Tuple

from avcdoctor.host import Host
from avcdoctor.host.walk import Component, Walk
from avcdoctor.model import Remedy, safe_text
from avcdoctor.triage import dac, lsm
from avcdoctor.triage.guarded import is_secret, keep_denied
from avcdoctor.triage.layers.base import remedy
from avcdoctor.triage.subject import Subject, in_user_namespace

PURPOSES = ("read", "write", "execute", "search", "chroot")
ASKED = ("lookup", "dac", "mount", "lsm")
"""The layers in the order in which the report names them."""

_WANT = {
    "read": dac.READ,
    "write": dac.WRITE,
    "execute": dac.EXECUTE,
    "search": dac.EXECUTE,
    "chroot": dac.EXECUTE,
}


@dataclass(frozen=True)
class Stop:
    """One place where a layer refuses.

    Args:
        asked: which of `ASKED` it belongs to.
        layer: as in the reports of triage.
        errno: what the program sees.
        at: number of the component in the walk.
        why: who is stopped and by what, one sentence.
    """

    asked: str
    layer: str
    errno: str
    at: int
    path: str
    why: str
    remedies: Tuple[Remedy, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What one layer says: "passes", "stops", or "unknown" when it could not be asked."""

    asked: str
    answer: str
    why: str


@dataclass(frozen=True)
class Access:
    """A path, who asks for it and what for, and the answer of each layer; the first stop is the one that counts."""

    walk: Walk
    subject: Subject
    purpose: str
    verdicts: Tuple[Verdict, ...]
    stops: Tuple[Stop, ...]
    notes: Tuple[str, ...] = ()


def judge_access(walk: Walk, subject: Subject, host: Host, purpose: Optional[str] = None) -> Access:
    """Ask each layer about a walked path.

    Args:
        walk: from `avcdoctor.host.walk.Walker`.
        subject: who asks.
        host: for the policy.
        purpose: one of `PURPOSES`; by what the path is when None.
    """
    wanted = purpose or ("search" if walk.last.kind == "directory" else "read")
    policy_view = lsm.view(host, subject)
    held = policy_view.held(subject.capabilities)
    stops = _lookup(walk, wanted, subject)
    stops += _dac(walk, wanted, subject, held)
    stops += _mount(walk, wanted)
    stops += [
        Stop("lsm", "selinux", "EACCES", one.at, one.path, one.why, one.remedies)
        for one in policy_view.refusals(walk, wanted)
    ]
    stops.sort(key=lambda stop: (stop.at, ASKED.index(stop.asked)))
    verdicts = tuple(_verdict(asked, stops, policy_view.unknown, walk) for asked in ASKED)
    return Access(walk, subject, wanted, verdicts, tuple(stops), tuple(_notes(walk, wanted, policy_view, host.live)))


def _verdict(asked: str, stops: List[Stop], unknown: str, walk: Walk) -> Verdict:
    own = [stop for stop in stops if stop.asked == asked]
    if own:
        return Verdict(asked, "stops", own[0].why)
    if asked == "lsm" and unknown:
        return Verdict(asked, "unknown", unknown)
    words = {
        "lookup": f"every component is there; {_links(walk.links)}",
        "dac": "owner, mode and ACL of every component let it pass",
        "mount": "no mount option stands in the way"
        if walk.mounts_told_by
        else "nothing tells which mounts this machine has",
        "lsm": "the policy allows it at every component",
    }
    answer = "unknown" if asked == "mount" and not walk.mounts_told_by else "passes"
    return Verdict(asked, answer, words[asked])


def _links(count: int) -> str:
    if not count:
        return "no symbolic link is on the way"
    plural = "symbolic link is" if count == 1 else "symbolic links are"
    return (
        f"{count} {plural} followed and the kernel allows 40: a program that reports ELOOP here refuses links by "
        "itself (O_NOFOLLOW, RESOLVE_NO_SYMLINKS)"
    )


def _lookup(walk: Walk, wanted: str, subject: Subject) -> List[Stop]:
    stops = _protected_links(walk, subject)
    last, at = walk.last, len(walk.components) - 1
    shown = safe_text(last.path)
    if walk.end == "missing" and wanted == "write" and not walk.rest:
        return stops  # it would be created; its directory is what counts
    if walk.end == "missing":
        dangling = walk.components[at - 1].kind == "link" if at else False
        why = f"{shown} does not exist" + (", although a symbolic link points there" if dangling else "")
        # A directory that is wanted is made whole; before a file only the directories that lead to it are.
        parts = (last.path.rstrip("/"), *walk.rest) if wanted in ("search", "chroot") else (last.path, *walk.rest)[:-1]
        make = ["mkdir", "-p", "--", "/".join(parts)] if parts else []
        fix = remedy("app-fix", "create it, or correct the path", [make] if make else [])
        stops.append(Stop("lookup", "path", "ENOENT", at, last.path, why, (fix,)))
    elif walk.end == "not-a-directory":
        why = f"{shown} is a {last.kind} where a directory is needed"
        fix = remedy("app-fix", "correct the path, or put a directory in its place")
        stops.append(Stop("lookup", "path", "ENOTDIR", at, last.path, why, (fix,)))
    elif walk.end in ("loop", "too-many-links"):
        loop = (
            "symbolic links lead in a circle" if walk.end == "loop" else "more than 40 symbolic links are on the path"
        )
        fix = remedy("app-fix", "point the link at its real target", [["ls", "-l", "--", last.path]])
        stops.append(Stop("lookup", "symlink", "ELOOP", at, last.path, f"{loop}, here at {shown}", (fix,)))
    elif walk.end != "found":
        why = f"{shown} could not be looked at ({last.error or walk.end}): run this as root, or look again"
        stops.append(Stop("lookup", "path", last.error or "EIO", at, last.path, why))
    if walk.end == "found" and wanted in ("search", "chroot") and last.kind != "directory":
        why = f"{shown} is a {last.kind}, and {wanted} needs a directory"
        fix = remedy("app-fix", "put a directory there, or correct the path")
        stops.append(Stop("lookup", "path", "ENOTDIR", at, last.path, why, (fix,)))
    return stops


def _protected_links(walk: Walk, subject: Subject) -> List[Stop]:
    """Links of others in a sticky directory that everybody can write to are not followed (fs.protected_symlinks)."""
    stops = []
    for at, link in enumerate(walk.components):
        if link.kind != "link":
            continue
        place = link.path.rpartition("/")[0] or "/"
        parent = next((one for one in walk.components if one.path == place and one.kind == "directory"), None)
        sticky = parent is not None and parent.permissions & 0o1002 == 0o1002
        if parent is not None and sticky and link.uid not in (subject.uid, parent.uid):
            why = (
                f"{safe_text(link.path)} is a link of {link.owner} in a sticky directory that everybody can write to; "
                f"{subject.name} may not follow it (fs.protected_symlinks)"
            )
            fix = remedy("move", "give the real path, or put the link in a directory that is not shared")
            stops.append(Stop("lookup", "symlink", "EACCES", at, link.path, why, (fix,)))
        if link.mount is not None and link.mount.has("nosymfollow"):
            why = f"{safe_text(link.path)} lies on a mount with nosymfollow"
            stops.append(Stop("lookup", "symlink", "ELOOP", at, link.path, why))
    return stops


def _dac(walk: Walk, wanted: str, subject: Subject, held: FrozenSet[str]) -> List[Stop]:
    stops = []
    end = len(walk.components) - 1
    for at, one in enumerate(walk.components):
        if not one.kind or one.kind == "link" or (at == end and wanted in ("search", "chroot") and not _passable(one)):
            continue
        passing = at < end or walk.end != "found"
        want = dac.EXECUTE if passing else _WANT[wanted]
        if at == end - 1 and walk.end == "missing" and wanted == "write" and not walk.rest:
            want = dac.WRITE | dac.EXECUTE  # the new file is made in this directory
        refused = dac.refusal(one, want, subject, held) if not passing or one.kind == "directory" else None
        if refused is not None:
            stops.append(_dac_stop(at, one, (want, refused), subject, held))
        if not passing and wanted == "write" and "immutable" in one.carried.flags:
            fix = remedy(
                "app-fix", "take the attribute away", [["chattr", "-i", one.path]], undo=[["chattr", "+i", one.path]]
            )
            why = f"{safe_text(one.path)} carries the immutable attribute: nobody may change it, root included"
            stops.append(Stop("dac", "immutable", "EPERM", at, one.path, why, (fix,)))
    if wanted == "chroot" and "sys_chroot" not in subject.capabilities:
        why = f"{subject.name} lacks CAP_SYS_CHROOT"
        fix = remedy(
            "app-fix", "start it as root, or give it the capability", steps=["`AmbientCapabilities=CAP_SYS_CHROOT`"]
        )
        stops.append(Stop("dac", "capability", "EPERM", end, walk.last.path, why, (fix,)))
    return stops


def _passable(one: Component) -> bool:
    return one.kind == "directory"


def _dac_stop(at: int, one: Component, refusal: Tuple[int, dac.Rights], subject: Subject, held: FrozenSet[str]) -> Stop:
    want, refused = refusal
    missing = dac.letters(want & ~refused.bits)
    shown = safe_text(one.path)
    mode = stat.filemode(one.mode)
    verb = "enter" if one.kind == "directory" and missing == "x" else dac.words(want & ~refused.bits)
    given = f"only {dac.letters(refused.bits)}" if refused.bits else "nothing"
    why = f"{subject.name} may not {verb} {shown} ({mode} {one.owner}:{one.group} gives {refused.entry} {given})"
    overrules = {"dac_override", "dac_read_search"} & subject.capabilities
    if overrules and not overrules & held:
        why += f"; root would pass by {' or '.join(sorted(overrules))}, which the policy does not give {subject.domain}"
    return Stop("dac", "dac", "EACCES", at, one.path, why, _dac_changes(one, missing, subject))


def _dac_changes(one: Component, missing: str, subject: Subject) -> Tuple[Remedy, ...]:
    """The smallest change first; the right to write is never given to everybody, and none to a secret."""
    if is_secret(one):
        return (keep_denied(),)
    narrow = remedy(
        "dac",
        f"give {subject.name} alone the right {missing}",
        [["setfacl", "-m", f"u:{subject.name}:{missing}", "--", one.path]],
        undo=[["setfacl", "-x", f"u:{subject.name}", "--", one.path]],
    )
    if "w" in missing:
        owner = [["chown", subject.name, "--", one.path]]
        undo = [["chown", f"{one.owner}", "--", one.path]]
        return narrow, remedy("dac", f"make {subject.name} its owner, if it is this service's own", owner, undo=undo)
    wide = remedy(
        "dac",
        f"give everybody the right {missing}",
        [["chmod", f"o+{missing}", "--", one.path]],
        undo=[["chmod", f"o-{missing}", "--", one.path]],
    )
    return narrow, wide


def _mount(walk: Walk, wanted: str) -> List[Stop]:
    end = len(walk.components) - 1
    one = walk.last if walk.last.kind else walk.components[max(end - 1, 0)]
    mount = one.mount
    if mount is None or (walk.end != "found" and not (walk.end == "missing" and wanted == "write")):
        return []
    shown, point = safe_text(one.path), safe_text(mount.point)
    if wanted == "write" and mount.read_only and one.kind in ("file", "directory"):
        fix = remedy(
            "mount-option",
            "give the program a place on a writable mount",
            [["findmnt", "-T", one.path, "-o", "TARGET,SOURCE,OPTIONS"]],
        )
        return [
            Stop("mount", "mount", "EROFS", end, one.path, f"{shown} is on {point}, which is mounted read-only", (fix,))
        ]
    if wanted == "execute" and mount.has("noexec") and one.kind == "file":
        fix = remedy(
            "move",
            "put the program on a mount that allows execution",
            [["findmnt", "-T", one.path, "-o", "TARGET,SOURCE,OPTIONS"]],
        )
        return [
            Stop("mount", "mount", "EACCES", end, one.path, f"{shown} is on {point}, which is mounted noexec", (fix,))
        ]
    return []


def _notes(walk: Walk, wanted: str, policy_view: lsm.View, live: bool) -> List[str]:
    notes = [policy_view.note] if policy_view.note else []
    for one in walk.components:
        if one.mount is not None and one.mount.id_mapped:
            notes.append(
                f"{safe_text(one.mount.point)} is an id-mapped mount: owners are shown as this mount maps them"
            )
            break
    if any(one.uid == 65534 or one.gid == 65534 for one in walk.components):
        notes.append("an owner is shown as nobody (65534): a user namespace or a server does not map the real one")
    if live and in_user_namespace():
        notes.append(
            "this process is in a user namespace: owners are shown as it maps them, and its root is not the host's"
        )
    last = walk.last
    special = last.carried.capabilities or last.mode & 0o6000
    if wanted == "execute" and special and last.mount is not None and last.mount.has("nosuid"):
        notes.append(
            "nosuid on the mount: set-user-ID bits and file capabilities do not count, domain transitions are limited"
        )
    return notes
