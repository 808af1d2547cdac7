"""A path that is not there: ENOENT and ENOTDIR."""

from __future__ import annotations

import re
from typing import List, Optional

from avcdoctor.model import Remedy
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, paths, place, remedy, unit
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.refusals import below

_LIBRARY = re.compile(r"cannot open shared object file", re.I)

_MISSING = re.compile(
    r"(?:^|[\s\[('\"])/[^\s'\"()\]]{1,300}['\")\]]? (?:does not exist|doesn't exist|not found|is missing|could not be "
    r"found|no longer exists)"
    r"|(?:missing|no such|cannot find|can't find|could not find|unable to find|unable to locate)\b.{0,40}(?:file"
    r"|director\w+|path|folder|executable)\b.{0,20}/"
    r"|(?:path|file|directory) does not exist|version `\S{1,80}' not found",
    re.I,
)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """ENOENT or ENOTDIR, whoever says it."""
    if errno is None and _MISSING.search(line.message):
        return observe(
            line, "path", "the program says that a path is missing", "errno", "ENOENT", find_path(line.message)
        )
    if errno is None or errno.name not in ("ENOENT", "ENOTDIR"):
        return None
    path = find_path(line.message, errno)
    what = "a path component is not a directory" if errno.name == "ENOTDIR" else "a path does not exist"
    return observe(line, "path", what, "errno", errno.name, path)


def explain(observation: Observation) -> Explanation:
    """The path, or something on the way to it, does not exist for the process that asks."""
    where = place(observation)
    if observation.errno == "ENOTDIR":
        title, cause = f"{where} leads through something that is no directory", "a component of the path is a file"
    else:
        title, cause = f"{where} does not exist", "the path is missing, or a symbolic link on it points nowhere"
    if _LIBRARY.search(observation.line):
        cause = "a shared library is not installed, or not where the loader looks"
    return Explanation(
        kind="not-a-directory" if observation.errno == "ENOTDIR" else "missing-path",
        title=title,
        cause=cause,
        because=(
            "The kernel looked the path up and found nothing there. In a chroot, a container or a unit with its own "
            "mount namespace it looks in there, not where your shell looks."
        ),
        remedies=tuple(_ways(observation)),
        sure=("`avcdoctor path PATH` shows the component that is missing",),
    )


def _ways(observation: Observation) -> List[Remedy]:
    make = "create what is missing, or correct the path in the configuration"
    ways = [remedy("app-fix", make, [["namei", "-l", *paths(observation)]])]
    if below(observation.path, "shared"):
        title = "if your shell sees it: the unit has a /tmp of its own (PrivateTmp=yes); use a directory in /run"
        ways.insert(0, remedy("app-fix", title, [["systemctl", "show", "-p", "PrivateTmp", unit(observation.line)]]))
    elif observation.path.startswith("/dev/"):
        title = "if your shell sees it: PrivateDevices=yes of the unit hides devices (a container takes `--device`)"
        ways.append(remedy("app-fix", title, [["systemctl", "show", "-p", "PrivateDevices", unit(observation.line)]]))
    elif observation.path.startswith(("/home/", "/root/", "/run/user/")):
        title = "if your shell sees it: ProtectHome= of the unit shows empty homes"
        ways.append(remedy("app-fix", title, [["systemctl", "show", "-p", "ProtectHome", unit(observation.line)]]))
    return ways


LAYER = Layer(
    name="path",
    recognise=recognise,
    explain=explain,
    not_selinux=(
        "the error is about a path that does not exist; an SELinux denial gives EACCES (Permission denied) and never "
        "makes a path disappear"
    ),
    if_selinux=(
        "`Permission denied` in place of this error, and an AVC with { search }, { getattr } or { read } in the same "
        "second"
    ),
    signs=(_MISSING,),
)
