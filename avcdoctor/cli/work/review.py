"""What `avcdoctor review` does: reads modules or what is installed, and compares policies."""

import sys
from pathlib import Path
from typing import List, Optional, Tuple

from avcdoctor import api, output
from avcdoctor.errors import InputError, UsageError
from avcdoctor.host import newest, open_host
from avcdoctor.host.local import local
from avcdoctor.host.store import store_name
from avcdoctor.read import read
from avcdoctor.render import upgrade as upgrades
from avcdoctor.render.review import json, markdown, text
from avcdoctor.review import judge, machine
from avcdoctor.review.model import Review
from avcdoctor.review.reach import of_module
from avcdoctor.review.sources import read_module
from avcdoctor.review.upgrade import compare

__all__ = ["json", "markdown", "reviewed", "text", "upgraded"]

_MAXIMUM = 17 << 20  # a little more than the reader takes, so that it can say so


def reviewed(
    modules: List[str],
    *,
    installed: bool,
    reach: bool,
    policy: Optional[str],
    root: Optional[str],
    rules: Optional[List[Path]],
) -> Review:
    """What is to be said of modules, or of what is installed.

    Raises:
        AvcdoctorError: a module or the policy can't be read.
    """
    host = open_host(policy, root)
    known = api.knowledge(rules or [])
    if installed:
        found = machine.review_machine(host, known)
    else:
        found_modules = [read_module(_bytes(name), "standard input" if name == "-" else name) for name in modules]
        if reach:
            found_modules = [of_module(one, host) for one in found_modules]
        info = host.info
        found = Review(info.name, tuple(judge.review(one, host, known) for one in found_modules), notes=info.notes)
    return found


def upgraded(
    logs: List[str],
    *,
    old: Optional[Path],
    new: Optional[Path],
    installed: bool,
    policy: Optional[str],
    root: Optional[str],
    form: str,
    color: bool,
    verbose: bool,
) -> Tuple[str, int]:
    """Compare two policies over the denials of some logs and, with --installed, the machine's local parts."""
    if new is None:
        raise UsageError("--from needs --to", "the policy that is to come")
    if not logs and not installed:
        raise UsageError("name logs whose denials are compared, or --installed")
    if form == "markdown":
        raise UsageError("a comparison has the formats text and json")
    host = open_host(policy, root)
    left = newest.given(old).policy if old is not None else host.policy
    if left is None:
        raise InputError("there is no policy to compare with", "--from names one")
    name = store_name(host.files) if installed else None
    parts = [local(host.root, name, host.live)] if name is not None else []
    modules = [read_module(one.source, one.name) for part in parts for one in part.modules if one.source]
    groups = read(logs).groups if logs else ()
    found = compare(left, newest.given(new).policy, groups, modules, parts)
    if form == "json":
        shown = upgrades.json(found)
    else:
        shown = upgrades.text(found, width=output.terminal_width(), color=color, verbose=verbose)
    return shown, 1 if found.begun or found.lost else 0


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(_MAXIMUM)
    path = Path(name)
    if not path.exists():
        raise InputError(f"there is no file {name}")
    if not path.is_file():
        raise InputError(f"{name} is no regular file", "give a .te, .cil or .pp file")
    with path.open("rb") as stream:
        return stream.read(_MAXIMUM)
