"""Which scripts a service's own configuration names, read under the root in use."""

from __future__ import annotations

import shlex
from fnmatch import fnmatch
from functools import lru_cache
from typing import Iterator, List, Set, Tuple

from avcdoctor.host import Host
from avcdoctor.knowledge import facts

_KEEPALIVED = "/etc/keepalived/keepalived.conf"
_KEEPALIVED_WORDS = (
    *("misc_path", "notify", "notify_master", "notify_backup", "notify_fault", "notify_stop", "notify_deleted"),
    *("notify_up", "notify_down", "quorum_up", "quorum_down", "notify_master_rx_lower_pri"),
)
_MOST_FILES = 200


@lru_cache(maxsize=64)
def configured_scripts(service: str, host: Host) -> Tuple[Tuple[str, bool], ...]:
    """Scripts that a service's configuration runs.

    Args:
        service: the rule pack's name, such as "keepalived".
        host: whose files are read.

    Returns:
        (path, whether it is run as an argument of a shell) for each script, as keepalived.conf(5) has them:
        vrrp_script's `script`, the notify family and `misc_path`, includes followed.
    """
    if service != "keepalived":
        return ()
    found: List[Tuple[str, bool]] = []
    for words in _statements(host, _KEEPALIVED, set()):
        if words[0] in ("script", *_KEEPALIVED_WORDS) and len(words) > 1:
            command = _split(words[1]) if len(words) == 2 else words[1:]
            through = bool(command) and command[0].rsplit("/", 1)[-1] in facts.programs("shell") and len(command) > 1
            path = next((word for word in command[1 if through else 0 :] if word.startswith("/")), "")
            if path:
                found.append((path, through))
    return tuple(dict.fromkeys(found))


def configuration_files(service: str, host: Host) -> Tuple[str, ...]:
    """The files that make up a service's configuration, includes followed; empty for a service that is not known."""
    if service != "keepalived":
        return ()
    seen: Set[str] = set()
    for _words in _statements(host, _KEEPALIVED, seen):
        continue  # reading all of it is what finds the includes
    return tuple(sorted(path for path in seen if host.files.exists(path)))


def _statements(host: Host, path: str, seen: Set[str]) -> Iterator[List[str]]:
    """The words of every line, with the files of `include` read in its place."""
    if path in seen or len(seen) >= _MOST_FILES:
        return
    seen.add(path)
    for line in (host.files.read_text(path) or "").splitlines():
        words = _split(line)
        if not words:
            continue
        if words[0] in ("include", "include_check") and len(words) > 1:
            for included in _expand(host, path, words[1]):
                yield from _statements(host, included, seen)
        else:
            yield words


def _expand(host: Host, including: str, pattern: str) -> List[str]:
    full = pattern if pattern.startswith("/") else f"{including.rsplit('/', 1)[0]}/{pattern}"
    directory, _slash, last = full.rpartition("/")
    if not any(character in last for character in "*?["):
        return [full]
    return [f"{directory}/{name}" for name in sorted(host.files.names(directory)) if fnmatch(name, last)]


def _split(line: str) -> List[str]:
    """Words of a configuration line; `#` and `!` start a comment, quotes hold words together."""
    stripped = line.strip()
    if stripped.startswith(("#", "!")):
        return []
    lexer = shlex.shlex(stripped, posix=True, punctuation_chars="")
    lexer.whitespace_split = True
    lexer.commenters = "#!"
    try:
        return list(lexer)
    except ValueError:  # an unclosed quote: keepalived itself refuses such a line
        return []
