"""Finds the full path of an object of which the log has only a name and an inode, on the machine at hand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Iterator, List

from avcdoctor.diagnose.words import family
from avcdoctor.host import Host
from avcdoctor.knowledge import Knowledge, facts
from avcdoctor.model import Denial, Group, safe_text

_STEM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}")
_MOST_EXAMPLES = 4


def located(group: Group, host: Host, knowledge: Knowledge) -> Group:
    """The group with the paths of its objects, where the machine still has an object of that name and inode.

    Without an audit rule the kernel logs a file's last component, device and inode only. Looked into are
    the service's own places and the directories the whole system shares; nothing is searched through.

    Args:
        group: its examples may lack `raw_path`.
        host: the machine the log is about, if it is; another machine has no such inode under that name.
        knowledge: the places of services.
    """
    service = knowledge.service_of(group.source)
    places = [place.path for place in service.places if place.path.startswith("/")] if service else []
    examples = list(group.examples)
    for index, denial in enumerate(examples[:_MOST_EXAMPLES]):
        if denial.raw_path or denial.inode is None or denial.raw_name in ("", ".", "..", "/"):
            continue
        found = host.files.find(denial.raw_name, denial.inode, _directories([*places, *_named(group, denial)], denial))
        if found is not None:
            examples[index] = replace(denial, raw_path=found, path=safe_text(found))
    return replace(group, examples=tuple(examples)) if examples != list(group.examples) else group


def _named(group: Group, denial: Denial) -> Iterator[str]:
    """Directories that bear the service's or the program's name, as /etc/chrony for chronyd."""
    stems = {family(group.source), denial.comm}
    stems |= {stem[:-1] for stem in stems if stem.endswith("d")}
    for stem in sorted(stems):
        if _STEM.fullmatch(stem):
            yield from (f"{top}/{stem}" for top in facts.paths("named"))


def _directories(places: List[str], denial: Denial) -> Iterator[str]:
    """Where to look: the service's places, where the process stood, what its command line names, common directories."""
    for place in places:
        yield place
        yield place.rsplit("/", 1)[0] or "/"
    if denial.cwd.startswith("/"):
        yield denial.cwd
    for word in (*denial.execve, *denial.proctitle):
        if word.startswith("/"):  # a service's command line often names its directory
            yield word
            yield word.rstrip("/").rsplit("/", 1)[0] or "/"
    yield from facts.paths("searched")
