"""The mount decides: read-only file systems, noexec, nosuid, and file systems that keep no owner."""

from __future__ import annotations

import re
from typing import Optional, Sequence

from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, paths, place, remedy, unit
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.refusals import below, wants_to_run

_NOEXEC = re.compile(r"\bnoexec\b|failed to map segment from shared object", re.I)
_SETTINGS = "ProtectSystem,ReadOnlyPaths,ReadWritePaths,ProtectKernelTunables,ProtectControlGroups"
_OF_FILE = re.compile(r"\bfile\b(?!.?system)", re.I)  # a unit is given the directory, for the file may not be there yet
_SHARED_OBJECT = re.compile(r"\.so(?:\.\d+)*\Z|\.node\Z")
_NETWORK = re.compile(
    r"\b(?:nfs|cifs|smb|samba|root_?squash|vfat|exfat|ntfs|fuse|sshfs|vboxsf|9p|virtiofs|drvfs|efs)\b|Stale file "
    r"handle",
    re.I,
)
_NOT_KEPT = re.compile(
    r"\b(?:setfacl|getfacl|setfattr|chcon|chattr|lsattr|xattrs?|acls?|setcap|security context|extended attributes?)\b"
    r".{0,120}(?:operation not supported|not supported by)",
    re.I,
)
_SAYS_READ_ONLY = re.compile(
    r"(?:mount(?:ed|ing)?|file ?system|device|disk|volume|root)\b.{0,30}\bread-?only|read-?only (?:mount|mode"
    r"|volume)|write[- ]protected",
    re.I,
)
_OWNER = re.compile(
    r"\b(?:l?chown|chgrp|chmod|changing (?:ownership|group|permissions)|set (?:owner|permissions|mode))", re.I
)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """EROFS, or a refusal that names a mount option or a file system without owners."""
    path = find_path(line.message, errno)
    if errno is not None and errno.name == "EROFS":
        return observe(line, "mount", "EROFS: the file system is mounted read-only", "errno", "EROFS", path)
    if errno is None and _NOT_KEPT.search(f"{line.process} {line.message}"):
        return observe(line, "mount", "the file system keeps no such attribute", "named", "", path)
    if errno is None and _SAYS_READ_ONLY.search(line.message):
        return observe(line, "mount", "the program says that a file system is read-only", "errno", "EROFS", path)
    if _NOEXEC.search(line.message) and (errno is None or errno.name in ("EACCES", "EPERM")):
        return observe(
            line, "mount", "code may not be run from this mount (noexec)", "named", errno.name if errno else "", path
        )
    if errno is not None and errno.name in ("EACCES", "EPERM") and _often_noexec(path) and _SHARED_OBJECT.search(path):
        what = f"{errno.name} for mapping code from a place that is often mounted noexec"
        return observe(line, "mount", what, "errno", errno.name, path)
    if errno is not None and errno.name == "EACCES" and _often_noexec(path) and wants_to_run(line, errno):
        what = "EACCES for running a program from a place that is often mounted noexec"
        return observe(line, "mount", what, "errno", "EACCES", path)
    if errno is not None and errno.name in ("EACCES", "EPERM") and _NETWORK.search(line.message):
        named = "named" if _OWNER.search(line.message) else "errno"
        return observe(line, "mount", "a network or foreign file system refuses", named, errno.name, path)
    return None


def _often_noexec(path: str) -> bool:
    """Whether distributions, hardening guides or the fstab options user and users make the place noexec."""
    return below(path, "often noexec") or below(path, "removable")


def explain(observation: Observation) -> Explanation:
    """Which property of the mount stops the program."""
    if observation.errno == "EROFS":
        return _read_only(observation)
    return _noexec(observation) if "noexec" in observation.what else _foreign(observation)


def _writable(path: str, line: str) -> str:
    """How a unit gets the right to write there."""
    if path.startswith(("/proc/", "/sys/")):
        settings = "ProtectKernelTunables= and ProtectControlGroups="
        return f"if a shell can write there: {settings} of the unit forbid it; set the one to no in a drop-in"
    directory = path.rpartition("/")[0] if _OF_FILE.search(line) or "." in path.rpartition("/")[2] else path
    place = directory if directory.startswith("/") else "PATH"
    return f"if a shell can write there: ProtectSystem= of the unit forbids it; `ReadWritePaths={place}` opens it"


def _read_only(observation: Observation) -> Explanation:
    return Explanation(
        kind="read-only",
        title=f"{place(observation)} is read-only for this process",
        cause="the unit's sandbox, the container's root or the mount itself is read-only there",
        because=(
            "Nobody may write there, root included. Either it is meant to be read-only (a snapshot, an image, "
            "ProtectSystem= or ReadOnlyPaths= of the unit, a container's root), or the kernel made it so after "
            "an error."
        ),
        remedies=(
            remedy(
                "app-fix",
                _writable(observation.path, observation.line),
                [["systemctl", "show", "-p", _SETTINGS, unit(observation.line)]],
            ),
            remedy(
                "mount-option",
                "a container with a read-only root (readOnlyRootFilesystem): a volume or an emptyDir there",
            ),
            remedy(
                "mount-option",
                "if it is read-only for everybody: use another place, or check the disk if the kernel made it so",
                _look(observation),
            ),
        ),
        sure=("`findmnt -T PATH -o TARGET,OPTIONS` shows ro; inside the unit: `nsenter -t PID -m findmnt -T PATH`",),
    )


def _noexec(observation: Observation) -> Explanation:
    look = [["findmnt", "-no", "TARGET,OPTIONS", "-T", *paths(observation)]]
    guessed = observation.proof == "errno"
    where = place(observation)
    return Explanation(
        kind="noexec",
        likely=guessed,
        title=f"{where} may not be run: most likely its mount is noexec"
        if guessed
        else f"{where}: its mount is noexec",
        cause="the mount does not allow running or mapping code from it"
        + ("; else its mode, or SELinux" if guessed else ""),
        because="noexec makes execve and executable mappings fail whatever mode and label the file has.",
        remedies=(
            remedy(
                "move",
                "give the program another directory for temporary code (TMPDIR), or run it from another place",
                look,
            ),
            remedy(
                "mount-option",
                "mount it with exec, if noexec is no protection here; a script runs by its interpreter",
            ),
        ),
        if_selinux="an AVC { execute } on a type such as tmp_t or user_tmp_t in the same second",
        sure=("`findmnt -no OPTIONS -T PATH` shows noexec (user and users in fstab bring it along)",),
    )


def _foreign(observation: Observation) -> Explanation:
    options = "set owner and rights at the server, or by mount options (uid=, gid=)"
    return Explanation(
        kind="foreign-filesystem",
        title=f"the file system of {place(observation)} does not do what is asked",
        cause=(
            "a network or foreign file system maps or ignores owners and modes (root_squash, uid=, the server's rights)"
        ),
        because=(
            "The server or the mount's options decide: root may be nobody on the server, and FAT or CIFS keep no owner."
        ),
        remedies=(remedy("mount-option", options, _look(observation)),),
        sure=(
            "`findmnt -T PATH` shows type and options; try as the service's user: `runuser -u USER -- touch PATH/x`",
        ),
    )


def _look(observation: Observation) -> Sequence[Sequence[str]]:
    return [["findmnt", "-T", *paths(observation)]]


LAYER = Layer(
    name="mount",
    recognise=recognise,
    explain=explain,
    not_selinux="the mount refuses this to every process, whatever its label",
    if_selinux=(
        "`Permission denied` with an AVC that names the file in the same second, on a mount that is writable and "
        "allows execution"
    ),
    signs=(_NOT_KEPT, _SAYS_READ_ONLY, _NOEXEC),
)
