"""Turns what --root names, a directory or a packed sosreport, into a directory to look below.

An archive from another machine is hostile: only plain files, directories and symbolic links are unpacked, below a fresh
directory that goes away at exit, never through a link and never more than a limit; the links are not followed here.
"""

from __future__ import annotations

import functools
import lzma
import os
import re
import shutil
import stat
import tarfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, List, Optional, Sequence, Tuple, cast

from avcdoctor.errors import InputError
from avcdoctor.model import safe_text
from avcdoctor.private import lasting_workdir
from avcdoctor.sources.unpack import opened

# What is of use here: whole files, folders, and what matches in sos_commands. A sosreport holds far more, and all of it
# would have to be written to the disk.
_WANTED = (
    "etc/",
    "var/log/audit/",
    "var/lib/selinux/",
    "var/lib/dpkg/status",
    "installed-rpms",
    "installed-debs",
    "hostname",
    "mount",
    "ps",
    "usr/lib/os-release",
    "usr/lib/systemd/system/",
    "usr/local/lib/systemd/system/",
    "lib/systemd/system/",
    "run/systemd/system/",
    "sos_commands/selinux/",
    "sos_commands/auditd/",
    "sos_commands/logs/",
    "sos_commands/filesys/",
    "sos_commands/kernel/dmesg",
    "sos_commands/kernel/dmesg_-T",
    "sos_commands/dpkg/dpkg_-l",
    "sos_reports/manifest.json",
    "sos_strings/",
    "proc/mounts",
    "proc/self/mounts",
    "proc/self/mountinfo",
    "proc/1/mountinfo",
    "sys/fs/selinux/enforce",
)
_WANTED_LIKE = re.compile(
    r"var/log/(?:messages|syslog|kern\.log|secure|daemon\.log|dmesg)[^/]*"
    r"|sos_commands/[^/]+/(?:journalctl|ausearch|sestatus|getenforce|getsebool|semanage|matchpathcon|restorecon)[^/]*"
    r"|sos_commands/[^/]+/(?:ls|ps|find)_[^/]*Z[^/]*"
    r"|sos_commands/rpm/sh_-c_rpm[^/]*"
)
MOST_BYTES = 4 << 30
_ALWAYS = 256 << 20  # bytes that any archive may unpack to
_MOST_TIMES = 200  # how many times its own size an archive may become beyond that; logs shrink to a thirtieth
MOST_FILES = 200_000
_CHUNK = 1 << 20
_MAGIC_END = 262  # where a tar header's `ustar` ends (tar(5))
_DAMAGED = (EOFError, lzma.LZMAError, zlib.error, ValueError, ArithmeticError, RecursionError)
_DEEPEST = 64  # components of a path; sos's own have some twenty
_MOST_LINKS = 40  # as the kernel (MAXSYMLINKS)


def directory(root: Optional[str]) -> Path:
    """The directory below which a root's files lie; an archive is unpacked once per process.

    Args:
        root: a directory, a packed sosreport (tar, tar.gz, tar.xz, tar.bz2, tar.zst), or None for the running host.

    Raises:
        InputError: it is neither, or the archive is damaged or too large.
    """
    if root is None:
        return Path("/")
    path = Path(root)
    if path.is_dir():
        return _top(path.resolve())
    if not path.exists():
        raise InputError(f"there is no root {safe_text(root)}", "give --root a mounted image or a sosreport")
    return _unpacked(path.resolve())


def split(paths: Sequence[str], root: Optional[str]) -> Tuple[List[str], Optional[str]]:
    """The logs and the root that a command line names: a sosreport or a system's directory among the logs is a root.

    Args:
        paths: as they were named.
        root: the root that was named, if any.

    Raises:
        InputError: a sosreport is named beside other logs, whose machine it need not be.
    """
    systems = [path for path in paths if path != "-" and (is_archive(path) or is_system(path))]
    if not systems:
        return list(paths), root
    if root is not None or len(paths) > 1:
        several = "several sosreports together: avcdoctor fleet"
        raise InputError(f"{safe_text(systems[0])} is a system of its own, not a log", f"name it alone; {several}")
    return [], systems[0]


def is_system(path: str) -> bool:
    """Whether a directory is an unpacked sosreport, or another system's files, rather than a folder with logs."""
    if not Path(path).is_dir() or (Path(path) / "audit.log").exists():
        return False
    try:
        top = _top(Path(path))
        return (top / "sos_commands").is_dir() or all((top / name).is_dir() for name in ("etc", "var"))
    except (OSError, InputError):
        return False  # reading it says what is wrong


def is_archive(path: str) -> bool:
    """Whether a file is a tar archive, perhaps compressed, such as a packed sosreport."""
    if not Path(path).is_file():
        return False
    try:
        with Path(path).open("rb") as raw, opened(raw, safe_text(path)) as stream:
            head = b""
            while len(head) < _MAGIC_END:
                more = stream.read(_MAGIC_END - len(head))
                if not more:
                    break
                head += more
    except (*_DAMAGED, OSError, InputError):
        return False  # reading it says what is wrong
    return head[257:_MAGIC_END] == b"ustar"


def resolve(root: Path, path: str, follow_last: bool = True) -> Optional[str]:
    """A path with its links resolved below a root; None when a component is missing, unreadable or loops.

    Args:
        root: the directory that absolute links start from and `..` can't leave.
        path: as it is called below the root; a relative one starts at the root.
        follow_last: resolve the last component as well.
    """
    waiting = _parts(path)
    done: List[str] = []
    links = 0
    try:
        while waiting:
            part = waiting.pop()
            if part == "..":
                del done[-1:]
                continue
            done.append(part)
            if not waiting and not follow_last:
                break
            target = _link(root.joinpath(*done))
            if target is None:
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            done = [] if target.startswith("/") else done[:-1]
            waiting += _parts(target)
        return "/" + "/".join(done) if os.path.lexists(root.joinpath(*done)) else None
    except (OSError, ValueError):  # a name no file can have, such as one with a zero byte
        return None


def _parts(path: str) -> List[str]:
    """The components of a path, the first one last."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def _link(path: Path) -> Optional[str]:
    try:
        return os.fspath(path.readlink())
    except OSError:  # no link, or not there
        return None


def _top(folder: Path) -> Path:
    """The folder itself, or the one inside that holds the system: sosreports are packed in a folder of their own."""
    try:
        inside = [] if _is_top(folder) else [entry for entry in folder.iterdir() if entry.is_dir()]
    except OSError as error:
        raise InputError(f"{safe_text(str(folder))} can't be read: {error.strerror}", "use sudo, or a copy") from error
    return inside[0] if len(inside) == 1 and _is_top(inside[0]) and not inside[0].is_symlink() else folder


def _is_top(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in ("etc", "sos_commands"))


@functools.lru_cache(maxsize=8)
def _unpacked(archive: Path) -> Path:
    target = lasting_workdir()
    name = safe_text(str(archive))
    hint = "give --root a directory, or a sosreport as tar, tar.gz, tar.xz, tar.bz2 or tar.zst"
    try:
        if not stat.S_ISREG(archive.stat().st_mode):
            raise InputError(f"{name} is neither a directory nor a regular file", hint)
        most = max(_ALWAYS, _MOST_TIMES * archive.stat().st_size)
        with archive.open("rb") as raw, tarfile.open(fileobj=opened(raw, name), mode="r|") as stream:
            _unpack(stream, target, name, most)
    except tarfile.ReadError as error:
        reason = safe_text(str(error).splitlines()[0]) if str(error) else "not known"
        raise InputError(f"{name} is no archive that can be read: {reason}", hint) from error
    except (*_DAMAGED, tarfile.TarError) as error:
        raise InputError(f"{name} is damaged: {safe_text(str(error))}", "copy it again") from error
    except OSError as error:
        raise InputError(f"{name} can't be unpacked: {error.strerror or error}", "is there room for it?") from error
    return _top(target)


def _unpack(stream: tarfile.TarFile, target: Path, name: str, most: int) -> None:
    """Write what is wanted; what is not is passed over, but has to be undone all the same and counts for the limit."""
    left, count = min(MOST_BYTES, most), 0
    for member in stream:
        cast(Any, stream).members = []  # they would be kept for ever
        parts = _safe_parts(member.name)
        wanted = bool(parts) and _is_wanted(parts)
        count += wanted
        left -= member.size if wanted and member.isfile() else 0
        if left < 0 or count > MOST_FILES or member.offset_data + member.size > most:
            limit = min(MOST_BYTES, most) >> 20
            words = f"{name} would become larger than {limit:,} MiB or {MOST_FILES:,} files"
            raise InputError(words, "unpack it yourself, once you have looked what is in it")
        if not wanted:
            continue
        place = _place(target, parts)
        if place is None:
            continue
        if member.isdir():
            place.mkdir(mode=0o700, exist_ok=True)
        elif member.issym():
            place.symlink_to(member.linkname)
        elif member.isfile() and not member.issparse():  # holes cost nothing to claim
            content = stream.extractfile(member)
            if content is not None:
                _write(content, place, member)


def _safe_parts(name: str) -> List[str]:
    """The components of a member's name; nothing for one that tries to leave the archive, or that no system has."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return [] if ".." in parts or "\0" in name or len(parts) > _DEEPEST else parts


def _is_wanted(parts: List[str]) -> bool:
    """Whether a member is of use, with or without the folder that a sosreport is packed in."""
    for path in ("/".join(parts), "/".join(parts[1:])):
        if any(path == wanted or (wanted.endswith("/") and path.startswith(wanted)) for wanted in _WANTED):
            return True
        if _WANTED_LIKE.fullmatch(path):
            return True
    return False


def _place(target: Path, parts: List[str]) -> Optional[Path]:
    """Where a member goes; None where something is there already or a link leads elsewhere."""
    folder = target
    for part in parts[:-1]:
        folder /= part
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            return None
        folder.mkdir(mode=0o700, exist_ok=True)
    place = folder / parts[-1]
    return None if os.path.lexists(place) and not (place.is_dir() and not place.is_symlink()) else place


def _write(content: IO[bytes], place: Path, member: tarfile.TarInfo) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(place, flags, 0o600)
    except FileExistsError:  # a directory of that name
        return
    with os.fdopen(descriptor, "wb") as output:
        shutil.copyfileobj(content, output, _CHUNK)
    with suppress(ValueError, OverflowError, OSError):  # a time that no file can have: it keeps that of now
        os.utime(place, (member.mtime, member.mtime))
