"""Owners, modes and ACLs: EACCES without a denial, and programs that check ownership themselves."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import List, Optional, Sequence

from avcdoctor.model import Remedy
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.guarded import is_secret_name, keep_denied
from avcdoctor.triage.layers.base import DONTAUDIT, Layer, observe, paths, place, remedy, unit
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.refusals import PROVE, directly_below, wants_to_run

CHECKS = re.compile(
    r"(?:bad|wrong|incorrect|invalid|insecure|unsafe|improper|loose|too open|too permissive"
    r"|suspicious)\s+(?:file\s+|directory\s+)?"
    r"(?:owner|ownership|permissions?|modes?)"
    r"|(?:owner|ownership|permissions?|modes?)\s*(?:\S+\s+){0,6}(?:too open|too permissive|insecure|unsafe|too "
    r"wide|too loose|are? wrong)"
    r"|world[- ](?:writ(?:e?able)|readable|accessible)|group[- ](?:or[- ](?:world|other)[- ])?(?:writ(?:e?able)"
    r"|readable|accessible)"
    r"|writable by (?:group|others?|world|anyone|non-root)|(?:group|others?) or others? (?:has|have) access|has "
    r"group or world access"
    r"|(?:must|should|needs? to) be owned by|(?:is )?not owned by|owned by (?:the )?wrong|(?:wrong|different|bad"
    r"|invalid) (?:file )?owner(?:ship)?"
    r"|can be (?:read|written|accessed)(?: or \w+)? by (?:other|group|everyone)|unprotected private key"
    r"|(?:must|should) (?:not )?(?:be|have) (?:mode|permissions?|\w+[- ]writable|accessible by|readable by|group"
    r"|world)"
    r"|owner(?:ship)? is (?:wrong|incorrect|not)|dubious ownership|permissions should be|must have no more than"
    r"|has too (?:open|many) permissions",
    re.I,
)
"""A program that compares owner or mode itself; no policy has a say in that."""

_ASKED = re.compile(
    r"(?:director(?:y|ies)|file|folder|path)\b.{0,60}(?:is|are) not writ(?:e)?able|must be writ(?:e)?able|not "
    r"writ(?:e)?able by|(?:insufficient|not enough) permissions?\b|is not writ(?:e)?able"
    r"|search permissions are missing",
    re.I,
)
"""A program that asked access(2), whose answer SELinux has a say in."""


_CONNECTS = re.compile(r"\bconnect", re.I)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """A program that names owner or mode, or EACCES."""
    path = find_path(line.message, errno)
    denied = errno is not None and errno.name == "EACCES"
    if CHECKS.search(line.message) and not (denied and _ASKED.search(line.message)):
        name = errno.name if errno else ""
        return observe(line, "dac", "a program refuses because of owner or mode", "named", name, path)
    if not denied and not _ASKED.search(line.message):
        return None
    seen = observe(line, "dac", "EACCES without a denial beside it", "errno", "EACCES", path)
    return replace(seen, fields={"sign": _sign(line, errno, path)})


def _sign(line: LogLine, errno: Optional[Errno], path: str) -> str:
    """What the message tells of the circumstances: "run", "shared", "socket", "home" or nothing."""
    if wants_to_run(line, errno):
        return "run"
    if directly_below(path, "shared"):
        return "shared"
    if _CONNECTS.search(line.message) and (path.endswith((".sock", ".socket")) or "unix:" in line.message):
        return "socket"
    return "home" if path.startswith(("/home/", "/root/", "/run/user/")) else ""


def explain(observation: Observation) -> Explanation:
    """Owner, group, mode or ACL of the path or of a directory on the way refuse."""
    if observation.proof == "named":
        return _own_check(observation)
    sign = observation.fields.get("sign", "")
    if sign == "shared":
        return _protected(observation)
    return _denied(observation, sign)


def _own_check(observation: Observation) -> Explanation:
    where = place(observation)
    return Explanation(
        kind="own-check",
        title=f"the program refuses {where}: owner or mode is not what it insists on",
        cause="owner, group or mode of the path is not as the program demands",
        because=(
            "The kernel refused nothing. The program looks at owner and mode itself, because a file that others "
            "can change can't be trusted."
        ),
        remedies=(_look(observation, "correct owner or mode of the component that is wrong"),),
        also=("application",),
        sure=("`namei -l PATH` shows owner and mode of every component",),
    )


def _look(observation: Observation, title: str) -> Remedy:
    notes = ("never `chmod -R 777`: many programs refuse files that others can write",)
    return remedy("dac", title, [["namei", "-l", *paths(observation)]], notes=notes)


_TITLES = {
    "run": "permission denied for running {where}: its mode, noexec on its mount, or its label",
    "socket": "permission denied for connecting to {where}: its owner and group, or SELinux (connectto)",
    "home": "permission denied in a home directory, at {where}",
    "": "permission denied at {where}: owner, mode or ACL, or a label",
}


def _denied(observation: Observation, sign: str) -> Explanation:
    where = place(observation)
    return Explanation(
        kind="permission-denied",
        title=_TITLES[sign].format(where=where),
        cause=(
            "no execute bit, no x on a directory above, or a mount with noexec; else SELinux"
            if sign == "run"
            else "owner, mode or ACL of it, or no x on a directory above, for the process's user; else SELinux"
        ),
        because=(
            "EACCES comes from owners and modes, from ACLs, from noexec, and from SELinux or AppArmor. "
            "The last two write a record when they refuse, and the evidence holds none."
        ),
        remedies=tuple(_ways(observation, sign)),
        if_selinux="an AVC with this program's comm and the file's name in the same second",
        sure=(
            f"`{PROVE}` for the second of the failure",
            DONTAUDIT,
            "`runuser -u USER -- stat PATH`: the same failure from an unconfined shell means owner or mode",
        ),
    )


def _ways(observation: Observation, sign: str) -> Sequence[Remedy]:
    if is_secret_name(observation.path):
        return [keep_denied(), _look(observation, "a key of its own: see who may read it")]
    ways: List[Remedy] = []
    if sign == "run":
        look = [["namei", "-l", *paths(observation)], ["findmnt", "-no", "TARGET,OPTIONS", "-T", *paths(observation)]]
        ways.append(remedy("dac", "give it the execute bit, or run it where no noexec is set (TMPDIR)", look))
        ways.append(remedy("restorecon", "if both are right: put the policy's own label back", [_restore(observation)]))
        return ways
    if sign == "socket":
        group = "join the socket's group, or let its service make it for yours (SocketGroup= of a .socket unit)"
        return [_look(observation, "see who may write to the socket and pass its directories"), remedy("dac", group)]
    ways.append(_look(observation, "see which component refuses, and correct that one's owner or mode"))
    title = "if they are right: the service's unit may hide or protect the place"
    if sign == "home":
        title = "if they are right: ProtectHome= of the service's unit hides homes (or SELinux does)"
    asked = "User,ProtectHome,ProtectSystem,ReadWritePaths,InaccessiblePaths"
    ways.append(remedy("app-fix", title, [["systemctl", "show", "-p", asked, unit(observation.line)]]))
    return ways


def _restore(observation: Observation) -> List[str]:
    return ["restorecon", "-v", *paths(observation)]


def _protected(observation: Observation) -> Explanation:
    """In /tmp everybody may make files: an EACCES means that the file or link is there and is somebody else's."""
    where, directory = paths(observation)[0], paths(observation)[0].rpartition("/")[0]
    return Explanation(
        kind="protected-file",
        likely=True,
        title=f"permission denied at {where}: most likely it is there already and somebody else's",
        cause="fs.protected_regular (and _fifos) refuses these, even to root; else a mode, or SELinux",
        because=(
            "In a sticky directory that everybody can write to, a new file is never refused. A file of another user "
            "is: by its mode to users, and by fs.protected_regular, fs.protected_fifos and fs.protected_symlinks to "
            "root as well, because an attacker may have put it there."
        ),
        remedies=(
            remedy(
                "move",
                "write to a directory of the program's own, or remove the stale file; chmod does not help",
                [
                    ["stat", "-c", "%A %U %n", directory, where],
                    ["sysctl", "fs.protected_regular", "fs.protected_symlinks"],
                ],
            ),
            remedy(
                "app-fix",
                "a unit has `RuntimeDirectory=` or `PrivateTmp=yes`; a script does all as one user",
            ),
            remedy("dac", f"{directory} itself is not drwxrwxrwt: `chmod 1777 {shlex.quote(directory)}`"),
        ),
        if_selinux="an AVC { write } or { open } on a type such as user_tmp_t or tmp_t in the same second",
        sure=(
            "`stat` shows an owner who is not the one that writes, and `sysctl fs.protected_regular` 1 or 2",
            DONTAUDIT,
        ),
    )


LAYER = Layer(
    name="dac",
    recognise=recognise,
    explain=explain,
    not_selinux="owner and mode decide this before the policy is asked, so that SELinux never saw it",
    if_selinux="an AVC for the same program and path in the same second",
    signs=(CHECKS, _ASKED),
)
