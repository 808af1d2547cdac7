"""Reads a service's own configuration for paths it can't do without, and says what is wrong with them."""

from __future__ import annotations

import shlex
from typing import Callable, Iterator, List, Mapping, Tuple

from avcdoctor.host import Host
from avcdoctor.host.walk import Walker
from avcdoctor.model import safe_text

_HAPROXY = ("/etc/haproxy/haproxy.cfg", "/usr/local/etc/haproxy/haproxy.cfg")
_KEEPALIVED = ("/etc/keepalived/keepalived.conf",)


def complaints(host: Host, service: str) -> bytes:
    """Lines, as the service itself would log them, about paths of its configuration that can't work.

    Args:
        host: whose files are read.
        service: the unit's name; services that are not known give nothing.
    """
    name = service.partition(".")[0].partition("@")[0]
    check = _CHECKS.get(name)
    lines = list(check(host)) if check is not None else []
    return "".join(f"\n{line}" for line in lines).encode("utf-8", "surrogateescape")


def _statements(host: Host, paths: Tuple[str, ...]) -> Iterator[List[str]]:
    for path in paths:
        for line in (host.files.read_text(path) or "").splitlines():
            try:
                words = shlex.split(line, comments=True)
            except ValueError:  # an unfinished quotation
                words = line.split("#", maxsplit=1)[0].split()
            if words:
                yield words


def _haproxy(host: Host) -> Iterator[str]:
    """The chroot directory of the global section must be there and be a directory."""
    for words in _statements(host, _HAPROXY):
        if words[0] == "chroot" and len(words) > 1 and not _is_directory(host, words[1]):
            yield f"haproxy: configuration: Cannot chroot({safe_text(words[1])})."


def _is_directory(host: Host, path: str) -> bool:
    if host.report is not None:
        return not host.files.is_gone(path)
    walk = Walker(host.files).walk(path)
    return walk.end == "found" and walk.last.kind == "directory"


def _is_missing(host: Host, path: str) -> bool:
    """Whether a path is not there; of a sosreport, which lacks nearly all, only where a listing shows that."""
    return host.files.is_gone(path) if host.report is not None else Walker(host.files).walk(path).end == "missing"


def _keepalived(host: Host) -> Iterator[str]:
    """A script by way of a link is resolved once at start; without enable_script_security it runs as root unchecked."""
    statements = list(_statements(host, _KEEPALIVED))
    words_of = {words[0] for words in statements}
    scripts = [words[1].split()[0] for words in statements if words[0] == "script" and len(words) > 1 and words[1]]
    if scripts and "enable_script_security" not in words_of:
        yield (
            "keepalived: configuration: SECURITY VIOLATION - scripts are being executed but script_security not "
            "enabled."
        )
    for script in scripts:
        if script.startswith("/") and _is_missing(host, script):
            yield (
                f"keepalived: configuration: Script {safe_text(script)} cannot be accessed - No such file or directory"
            )


_CHECKS: Mapping[str, Callable[[Host], Iterator[str]]] = {"haproxy": _haproxy, "keepalived": _keepalived}
