"""Finds log files: what the user named, or the host's own audit trail with its rotated files in time order."""

from __future__ import annotations

import glob
import os
import re
import sys
from functools import partial
from pathlib import Path
from typing import BinaryIO, List, Optional, Sequence, cast

from avcdoctor.errors import InputError
from avcdoctor.model import safe_text
from avcdoctor.sources.regular import is_readable_kind, read_regular
from avcdoctor.sources.roots import directory, resolve
from avcdoctor.sources.unpack import opened

AUDIT_DIRECTORY = "/var/log/audit/"
DEFAULT_LOG = "/var/log/audit/audit.log"
STANDARD_INPUT = "-"


def find_logs(paths: Sequence[str], root: Optional[str] = None) -> List[str]:
    """The files to read, oldest first where they are rotated files of one log.

    Args:
        paths: files, directories, globs, or `-`; empty means the host's own trail.
        root: an offline root, below which the trail is looked up when no paths are given.

    Raises:
        InputError: a path names nothing, or there is no audit trail.
    """
    if not paths:
        return own_trail(root)
    found: List[str] = []
    for path in paths:
        if path == STANDARD_INPUT:
            found.append(path)
        elif Path(path).is_dir():
            inside = rotated(Path(path) / "audit.log")
            if not inside:
                raise InputError(f"{safe_text(path)} is a directory without audit.log", "name the log files in it")
            found += inside
        elif os.path.lexists(path):
            found.append(path)
        else:
            matching = sorted(glob.glob(path), key=_age, reverse=True) if glob.has_magic(path) else []  # noqa: PTH207 - absolute too
            if not matching:
                raise InputError(f"there is no file {safe_text(path)}", "name an audit log, or - for standard input")
            found += matching
    return found


def own_trail(root: Optional[str] = None) -> List[str]:
    """The audit trail's files by auditd.conf's `log_file`, oldest first.

    Raises:
        InputError: there are none.
    """
    top = directory(root)
    log = configured_log(top)
    parent, _, name = log.rpartition("/")
    inside = top / (resolve(top, parent) or parent).lstrip("/") / name
    found = _below(top, rotated(inside))
    if root is not None:
        found = _or_elsewhere(top, found)
    if not found:
        try:
            inside.parent.stat()
            reason = f"there is no audit log {safe_text(str(inside))}"
            hint = "is auditd installed and running? name a log file, or pipe one in with -"
        except PermissionError:
            reason, hint = f"{safe_text(str(inside.parent))} may not be read", "use sudo, or name a copy of the log"
        except OSError:
            reason = f"there is no audit log {safe_text(str(inside))}"
            hint = "is auditd installed and running? name a log file, or pipe one in with -"
        raise InputError(reason, hint)
    return found


def _or_elsewhere(top: Path, trail: List[str]) -> List[str]:
    """A root's trail, or where else it has denials when its trail has none."""
    from avcdoctor.sources import sosreport  # noqa: PLC0415 - most logs come without a root

    if any(sosreport.tells_denials(file, open_log) for file in trail):
        return trail
    found = sosreport.elsewhere(top, open_log, partial(_below, top)) or trail
    if not found and sosreport.is_one(top):
        reason = "the sosreport holds no audit log, and no denial in its syslog, journal and dmesg"
        raise InputError(reason, "sos report -o auditd,logs,selinux,kernel,process,filesys,rpm,systemd collects them")
    return found


def configured_log(top: Path = Path("/")) -> str:
    """auditd's log file as auditd.conf(5) says, or its default."""
    path = resolve(top, "/etc/audit/auditd.conf")
    try:
        text = read_regular(top / path.lstrip("/"), 1 << 20).decode("utf-8", "replace") if path else ""
    except OSError:
        return DEFAULT_LOG
    match = re.search(r"(?mi)^\s*log_file\s*=\s*(\S+)", text)
    return match.group(1) if match else DEFAULT_LOG


def _below(top: Path, files: Sequence[str]) -> List[str]:
    """The files with links resolved below the root: a link in another machine's image must not lead into this one."""
    real = [resolve(top, str(Path(file).relative_to(top))) for file in files]
    return [str(top / path.lstrip("/")) for path in real if path is not None]


_PACKED = r"(?:\.(?:gz|xz|zst|bz2))?\Z"
_ROTATED = re.compile(r"\.([0-9]+)" + _PACKED)
_DATED = re.compile(r"-([0-9]{8}(?:-?[0-9]+)?)" + _PACKED)  # logrotate's dateext


PACKED = (".gz", ".xz", ".zst", ".bz2")
"""How the names of rotated files end that were packed."""


def rotated(log: Path) -> List[str]:
    """The log and its rotated files (`audit.log.1`, `audit.log.2.gz`, `audit.log-20260131`), oldest first."""
    numbered, dated = [], []
    try:
        names = os.listdir(log.parent)  # noqa: PTH208 - names are all that is needed
    except OSError:
        return [str(log)] if log.exists() else []
    for name in names:
        if not name.startswith(log.name):
            continue
        number, date = _ROTATED.match(name, len(log.name)), _DATED.match(name, len(log.name))
        if number:
            numbered.append((int(number.group(1)), str(log.parent / name)))
        elif date:
            dated.append((date.group(1), str(log.parent / name)))
    older = [path for _, path in sorted(dated)] + [path for _, path in sorted(numbered, reverse=True)]
    return older + ([str(log)] if log.exists() else [])


def _age(path: str) -> tuple[int, str]:
    match = _ROTATED.search(path)
    return (int(match.group(1)) if match else 0, path)


def see_readable(path: str) -> None:
    """See that a log is one that ends: a regular file, or a pipe that the shell opened for us.

    Raises:
        InputError: it is a device, a socket or a named pipe.
        OSError: it is not there, or may not be looked at.
    """
    if not Path(path).is_dir() and not is_readable_kind(path):
        hint = "name a log file, or pipe it in with -"
        raise InputError(f"{safe_text(path)} is a device, a socket or a named pipe, not a log", hint)


def open_log(path: str) -> BinaryIO:
    """Open a log, or standard input, for reading; gzip, bzip2, xz, lzma and zstandard are undone.

    Raises:
        InputError: it can't be opened, or is compressed in a way nothing here undoes.
    """
    if path == STANDARD_INPUT:
        return opened(sys.stdin.buffer, "standard input")
    try:
        see_readable(path)
        raw = open(path, "rb", buffering=0)  # noqa: SIM115, PTH123 - the caller closes it
    except IsADirectoryError as error:
        raise InputError(f"{safe_text(path)} is a directory", "name a log file") from error
    except PermissionError as error:
        raise InputError(f"{safe_text(path)} may not be read", "use sudo, or read a copy of it") from error
    except OSError as error:
        raise InputError(f"{safe_text(path)} can't be opened: {error.strerror}", "check the path") from error
    return opened(cast(BinaryIO, raw), safe_text(path))
