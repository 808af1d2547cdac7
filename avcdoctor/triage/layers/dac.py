"""Owners, modes and ACLs: EACCES without a denial, and programs that check ownership themselves."""

from __future__ import annotations

import re
from typing import Optional

from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import DONTAUDIT, Layer, observe, paths, place, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation

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
    r"|(?:director(?:y|ies)|file|folder|path)\b.{0,60}(?:is|are) not writ(?:e)?able|must be writ(?:e)?able|not "
    r"writ(?:e)?able by"
    r"|owner(?:ship)? is (?:wrong|incorrect|not)|dubious ownership|permissions should be|must have no more than"
    r"|has too (?:open|many) permissions|(?:insufficient|not enough) permissions?\b",
    re.I,
)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """A program that names owner or mode, or EACCES."""
    if CHECKS.search(line.message):
        return observe(
            line,
            "dac",
            "a program refuses because of owner or mode",
            "named",
            errno.name if errno else "",
            find_path(line.message, errno),
        )
    if errno is not None and errno.name == "EACCES":
        return observe(
            line, "dac", "EACCES without a denial beside it", "errno", "EACCES", find_path(line.message, errno)
        )
    return None


def explain(observation: Observation) -> Explanation:
    """Owner, group, mode or ACL of the path or of a directory on the way refuse."""
    where = place(observation)
    look = remedy(
        "dac",
        "see which component refuses, and correct that one's owner or mode",
        [["namei", "-l", *paths(observation)], ["getfacl", "-p", *paths(observation)]],
        notes=("never `chmod -R 777`: many programs refuse files that others can write",),
    )
    if observation.proof == "named":
        return Explanation(
            kind="own-check",
            title=f"the program refuses {where}: owner or mode is not what it insists on",
            cause="owner, group or mode of the path is not as the program demands",
            because=(
                "The kernel refused nothing. The program looks at owner and mode itself, because a file that others "
                "can change can't be trusted."
            ),
            remedies=(look,),
            also=("application",),
            sure=("`namei -l PATH` shows owner and mode of every component",),
        )
    return Explanation(
        kind="permission-denied",
        title=f"permission denied at {where}: most likely owner, mode or ACL",
        cause=(
            "owner, mode or ACL of the path, or missing x (search) on a directory above it, for the user the process "
            "runs as"
        ),
        because=(
            "EACCES comes from owners and modes, from ACLs, from noexec, and from SELinux or AppArmor. "
            "The last two write a record when they refuse, and the evidence holds none."
        ),
        remedies=(look,),
        if_selinux="an AVC with this program's comm and the file's name in the same second",
        sure=(
            "`ausearch -m AVC -ts recent` (or `journalctl -k --grep avc`) for the second of the failure",
            DONTAUDIT,
            "`runuser -u USER -- stat PATH`: the same failure from an unconfined shell means owner or mode",
        ),
    )


LAYER = Layer(
    name="dac",
    recognise=recognise,
    explain=explain,
    not_selinux="no denial is in the evidence; owner and mode are asked first, and refusals there never reach SELinux",
    if_selinux="an AVC for the same program and path in the same second",
)
