"""Files that even root may not change: the immutable and append-only attributes."""

from __future__ import annotations

import re
from typing import Optional

from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, paths, place, remedy
from avcdoctor.triage.layers.capability import needed
from avcdoctor.triage.model import Explanation, LogLine, Observation

_CHANGES = re.compile(
    r"\b(?:unlink(?:at)?|remov\w+|mov\w+|rm|rmdir|delet\w+|renam\w+|mv|overwrit\w+|trunc\w+|chmod|chown|l?chown|writ\w+|"
    r"updat\w+|creat\w+|replac\w+|link|sav\w+|open(?:ing)?|touch\w*|sed|cp|copy|install|unpack\w*|backup|modif\w+|edit\w*|"
    r"utimes?|set\w* (?:times|permissions|owner\w*)|chang\w+)\b"
    r"|supprim|effac|löschen|entfern|borrar|eliminar|rimuov|удал|usun",
    re.I,
)
_NOT_FILES = re.compile(
    r"\b(?:socket|bind|mount|umount|setns|unshare|clone|chroot|ptrace|setuid|setgid|setgroups|capset|prctl|ioctl"
    r"|bpf|mknod|namespace|root directory|"
    r"rlimit|nice|sched\w*|mlock\w*|reboot|sethostname|iptables|nft|netlink|module|device|tun|raw|kill|signal|priority|cgroup|"
    r"oom_score_adj|sysctl|seccomp|execve?|exec|spawn\w*|thread\w*)\b",
    re.I,
)

_OWNERS = re.compile(r"\b(?:l?chown|chgrp|changing (?:ownership|group))\b", re.I)
_FOR_CERTAIN = re.compile(
    r"\b(?:unlink|rm|mv|chattr|rename|overwrite|cannot (?:remove|move|delete|rename|overwrite)|changing permissions"
    r"|setfacl|utimes?)\b",
    re.I,
)
_OWNER_ONLY = re.compile(
    r"\bl?ch(?:mod|own|grp)\b|\butimes?\b|\bset\w* (?:times|permissions|owner\w*|mode)|chang\w+ (?:permissions|mode)",
    re.I,
)
"""What the owner and CAP_FOWNER may do; SELinux can take that capability away, with EPERM."""


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """EPERM for changing a file."""
    if errno is None or errno.name != "EPERM":
        return None
    path = find_path(line.message, errno)
    if not path and not _FOR_CERTAIN.search(f"{line.process} {line.message}"):
        return None
    if _OWNERS.search(f"{line.process} {line.message}"):
        return None  # only root may give files away; the mount or a capability is asked first
    if path.startswith(("/proc", "/sys", "/dev")) or _NOT_FILES.search(line.message):
        return None
    if not _CHANGES.search(f"{line.process} {line.message}") and needed(line.message):
        return None
    return observe(line, "immutable", "EPERM for changing a file", "errno", "EPERM", path)


def explain(observation: Observation) -> Explanation:
    """The file or its directory carries an attribute that forbids the change."""
    where = place(observation)
    whose = _OWNER_ONLY.search(observation.line)
    return Explanation(
        kind="immutable",
        also=("selinux",) if whose else (),
        likely=True,
        title=f"{where} may not be changed: the immutable attribute, or somebody else's file",
        cause="chattr +i or +a on the file or its directory; or the process is neither its owner nor root",
        because=(
            "Mode bits and SELinux answer EACCES (Permission denied). EPERM (Operation not permitted) for "
            "changing a file means the immutable or "
            "append-only attribute; for chmod and chown also that the caller is not the owner, or a sticky "
            "directory for deleting."
        ),
        remedies=(
            remedy(
                "app-fix",
                "lsattr shows an i or a: take the attribute away, if it is not there on purpose",
                [["lsattr", "-d", *paths(observation)], ["chattr", "-i", *paths(observation)]],
                undo=[["chattr", "+i", *paths(observation)]],
            ),
            remedy(
                "dac",
                "no attribute: chmod, times and labels are the owner's or root's; on CIFS, FUSE, NFS the mount's",
                [["stat", "-c", "%U:%G %A %n", *paths(observation)], ["findmnt", "-T", *paths(observation)]],
            ),
        ),
        sure=(
            "`lsattr -d PATH` and the same for its directory show i or a; `stat PATH` shows owner and the sticky "
            "bit of the directory",
        ),
    )


LAYER = Layer(
    name="immutable",
    recognise=recognise,
    explain=explain,
    not_selinux="the error is EPERM; SELinux refuses access to files with EACCES and writes an AVC",
    if_selinux="`Permission denied` and an AVC { unlink }, { write }, { rename } or { setattr } in the same second",
)
