"""Finds the inputs of a fleet below folders, globs and URLs, and says which host each belongs to."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from avcdoctor.errors import AvcdoctorError, BindingError, InputError, UsageError
from avcdoctor.model import safe_text

LOGS, REPORT, SOSREPORT = "logs", "report", "sosreport"
_SOSREPORT = re.compile(r"sosreport-(?P<host>[A-Za-z0-9_-]+?)(?:-\d[\w-]*)?\.tar(?:\.(?:xz|gz|bz2|zst))?")
_ENDINGS = re.compile(r"(?:[-._]?(?:audit|messages|syslog|report))?(?:\.log)?(?:[.-]\d+)?(?:\.(?:gz|xz|bz2|zst))?$")
_REPORT = re.compile(r"\.json(?:\.gz)?$")
_ROTATION = re.compile(r"\.(\d+)(?:\.(?:gz|xz|bz2|zst))?$")
_PASSWORD = re.compile(r"^([A-Za-z0-9+.-]+://[^/@:]*):[^/@]*@")
_LOCAL = frozenset({"file", "local"})


class Input(NamedTuple):
    """What one host wrote.

    Args:
        host: its name; empty where only the records can tell.
        kind: logs, report or sosreport.
        urls: its files, the oldest first.
        size: bytes of all of them, packed as they are.
    """

    host: str
    kind: str
    urls: Tuple[str, ...]
    size: int


def find(sources: Sequence[str], host_from: str = "") -> Tuple[List[Input], List[str]]:
    """Find every input below some sources.

    Args:
        sources: folders, files, globs, or URLs that fsspec opens.
        host_from: a path pattern with `{host}` in it, such as `hosts/{host}/audit.log*`; it may match the path's end.

    Returns:
        The inputs, and for each source that could not be listed a sentence.

    Raises:
        UsageError: host_from names no {host}.
        BindingError: fsspec is not installed.
    """
    pattern = _pattern(host_from) if host_from else None
    found: Dict[Tuple[str, str], List[Tuple[str, int]]] = {}
    failed: List[str] = []
    for source in sources:
        try:
            with told():
                files = list(_files(source))
        except (OSError, ValueError, ImportError, InputError) as error:
            reason = error.message if isinstance(error, InputError) else str(error) or type(error).__name__
            failed.append(f"{shown(source)} can't be listed: {safe_text(reason)}")
            continue
        for url, below, size in files:
            host, kind = _host(below, url, pattern), _kind(url)
            key = (host, kind) if kind == LOGS else (host, f"{kind} {url}")
            found.setdefault(key, []).append((url, size))
    inputs = []
    for (host, kind), files_of_host in sorted(found.items()):
        ordered = sorted(files_of_host, key=lambda one: (-_rotation(one[0]), one[0]))
        size = sum(one[1] for one in ordered)
        inputs.append(Input(host, kind.partition(" ")[0], tuple(url for url, _ in ordered), size))
    return inputs, failed


def _files(source: str) -> Iterable[Tuple[str, str, int]]:
    """(URL, path below the source, bytes) of every regular file."""
    system, path = opened(source)
    local = bool(_LOCAL & set(_protocols(system)))
    fixed = re.split(r"[*?\[]", path, maxsplit=1)[0]
    if fixed != path:
        entries, top = system.glob(path, detail=True), fixed.rpartition("/")[0]
    elif system.isdir(path):
        entries, top = system.find(path, detail=True), path.rstrip("/")
    elif system.exists(path):
        entries, top = {path: system.info(path)}, path.rpartition("/")[0]
    else:
        raise InputError("there is nothing of that name")
    for name, entry in sorted(entries.items()):
        if entry.get("type") == "file" and not entry.get("islink"):
            url = name if local else _url(source, system, name)
            yield url, name[len(top) :].lstrip("/") if name.startswith(top) else name, int(entry.get("size") or 0)


def _url(source: str, system: Any, name: str) -> str:
    """The URL of a file; where its file system leaves the server out of names (sftp), it is that of the source."""
    place = urlsplit(source)
    here = f"{place.scheme}://{place.netloc}{name}"
    if place.netloc and name.startswith("/") and system._strip_protocol(here) == name:
        return here
    return str(system.unstrip_protocol(name))


def shown(url: str) -> str:
    """A URL or path as it may be shown: safe, and without a password."""
    return safe_text(_PASSWORD.sub(r"\1@", url))


@contextmanager
def told() -> Iterator[None]:
    """Turn what other people's file systems raise (paramiko, botocore, aiohttp) into an OSError that says it."""
    try:
        yield
    except (OSError, ValueError, ImportError, AvcdoctorError):
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


def opened(url: str) -> Tuple[Any, str]:
    """The file system of a URL and the path in it.

    Raises:
        BindingError: fsspec is not installed.
        InputError: what this kind of URL needs is not installed.
    """
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise BindingError("fleet needs dask and fsspec", "pip install 'avcdoctor[fleet]'") from error
    try:
        if url.startswith(("sftp://", "ssh://")):
            from avcdoctor.fleet import sftp  # noqa: PLC0415 - needs paramiko

            sftp.register()
        with told():
            system, path = url_to_fs(url)
    except ImportError as error:
        raise InputError(f"what {safe_text(url.partition(':')[0])} URLs need is not installed: {error}") from error
    return system, str(path)


def is_local(url: str) -> bool:
    """Whether a URL is a path of this machine."""
    return "://" not in url


def is_packed(url: str) -> bool:
    """Whether a file's name says that it is compressed."""
    return url.endswith((".gz", ".xz", ".bz2", ".zst"))


def _protocols(system: Any) -> Tuple[str, ...]:
    protocol = system.protocol
    return (protocol,) if isinstance(protocol, str) else tuple(protocol)


def _pattern(text: str) -> re.Pattern[str]:
    if text.count("{host}") != 1:
        raise UsageError("--host-from names {host} once", "such as 'hosts/{host}/audit.log*'")
    parts = re.split(r"(\{host\}|\*)", text)
    known = {"{host}": r"(?P<host>[^/]+?)", "*": r"[^/]*"}
    return re.compile(r"(?:^|.*/)" + "".join(known.get(part, re.escape(part)) for part in parts))


def _host(below: str, url: str, pattern: Optional[re.Pattern[str]]) -> str:
    """A host's name by the pattern, by its sosreport, by its folder, or by its file."""
    if pattern is not None:
        match = pattern.fullmatch(url) or pattern.fullmatch(below)
        return safe_text(match.group("host")) if match else ""
    name = below.rpartition("/")[2]
    report = _SOSREPORT.fullmatch(name)
    if report:
        return safe_text(report.group("host"))
    if "/" in below:
        return safe_text(below.partition("/")[0])
    stem = _REPORT.sub("", name) if _REPORT.search(name) else _ENDINGS.sub("", name)
    return "" if stem in ("", "audit", "messages", "syslog") else safe_text(stem)


def _kind(url: str) -> str:
    name = url.rpartition("/")[2]
    if _SOSREPORT.fullmatch(name):
        return SOSREPORT
    return REPORT if _REPORT.search(name) else LOGS


def _rotation(url: str) -> int:
    """How old a rotated file is: audit.log.4 is older than audit.log.1."""
    match = _ROTATION.search(url)
    return int(match.group(1)) if match else 0
