"""Symbolic links that are not followed: ELOOP by a loop, by the limit of 40, or because a program refuses links."""

from __future__ import annotations

import re
from typing import Optional

from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, paths, place, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation

_REFUSAL = re.compile(
    r"(?:refus\w+|will not|won't|cannot|can't|must not|not allowed|not permitted|ignor\w+|unsafe|insecure|reject\w*)"
    r".{0,60}sym(?:bolic )?links?|sym(?:bolic )?links?.{0,60}(?:refus\w+|not allowed|not supported|not permitted|"
    r"ignor\w+|unsafe|insecure|forbidden|reject\w*|disallow\w*)|(?:is|was|contains|through|onto) a sym(?:bolic )?link"
    r"|symlink outside|sym(?:bolic )?link (?:loop|cycle)|circular (?:symbolic )?link|link to itself",
    re.I,
)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """ELOOP, or a program that says it does not follow symbolic links."""
    if errno is not None and errno.name == "ELOOP":
        return observe(
            line, "symlink", "ELOOP: a symbolic link was not followed", "errno", "ELOOP", find_path(line.message, errno)
        )
    if errno is None and _REFUSAL.search(line.message):
        return observe(line, "symlink", "a program refuses a symbolic link", "named", "", find_path(line.message))
    return None


def explain(observation: Observation) -> Explanation:
    """A link on the path is not followed: by choice of the program, or because links lead in a circle."""
    where = place(observation)
    return Explanation(
        kind="symlink-not-followed",
        title=f"a symbolic link on the way to {where} is not followed",
        cause="a link on the path: the program does not follow links there, or they form a loop",
        because=(
            "The kernel gives ELOOP in three cases: more than 40 links on one path, links that lead in a circle, "
            "or a program "
            "that opened the path with O_NOFOLLOW or RESOLVE_NO_SYMLINKS because it does not trust links. The "
            "last is the usual one "
            "for container managers and other programs that run as root."
        ),
        remedies=(
            remedy(
                "app-fix",
                "give the program the real path, without a link on it",
                [["readlink", "-f", *paths(observation)]],
            ),
            remedy(
                "app-fix",
                "put a bind mount in the place of the link",
                steps=(
                    "replace the link by a directory and mount the real place on it; in /etc/fstab: `TARGET  "
                    "PATH  none  bind  0  0`",
                ),
                undo=[["umount", "PATH"]],
            ),
        ),
        sure=(
            "`namei -l PATH` shows which component is a link; `avcdoctor path PATH` counts them and tells a loop "
            "from a refusal",
            "the same error with no AVC in the audit trail: no policy decides about following links by ELOOP",
        ),
    )


LAYER = Layer(
    name="symlink",
    recognise=recognise,
    explain=explain,
    not_selinux="the error is ELOOP; SELinux refuses to read a link with EACCES and an AVC { read } on class lnk_file",
    if_selinux="`Permission denied` and an AVC { read } with tclass=lnk_file in the same second",
    signs=(_REFUSAL,),
)
