"""Which system this is, by os-release(5), and how it gets a package: the one place that names package managers.

The tables package-managers.tsv and packages.tsv in policies/facts hold the commands and the packages' names.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Iterator, Optional, Sequence, Tuple

from avcdoctor.errors import AvcdoctorError
from avcdoctor.resources import policies_dir

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")


def names_of(text: str) -> Tuple[str, ...]:
    """What a system is and what it is like: ID, ID_LIKE and VARIANT_ID of an os-release file, in this order.

    VARIANT_ID comes last: Fedora CoreOS and its like differ from Fedora by nothing else.
    """
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    told = " ".join(fields.get(key, "") for key in ("ID", "ID_LIKE", "VARIANT_ID"))
    return tuple(told.replace('"', "").replace("'", "").split())


@cache
def here() -> Tuple[str, ...]:
    """The names of the system that avcdoctor runs on."""
    for path in OS_RELEASE:
        try:
            names = names_of(Path(path).read_text("utf-8", "replace"))
        except OSError:  # a system without the file
            continue
        if names:
            return names
    return ()


def install(thing: str, names: Optional[Sequence[str]] = None) -> str:
    """The one line by which a system gets what is missing, such as "apt install zstd".

    Args:
        thing: a program or binding of packages.tsv, or a package.
        names: the system's names, see `names_of`; None for this one.
    """
    command, family = _manager(here() if names is None else names)
    return command.replace("PACKAGE", package(thing, family))


def family(names: Sequence[str]) -> str:
    """Whose names for packages a system has, such as debian, fedora or suse; empty where that is not known."""
    return _manager(names)[1]


def _manager(names: Sequence[str]) -> Tuple[str, str]:
    rows = _rows("package-managers.tsv")
    return next(((command, family) for name, command, family in rows if name in names), ("install PACKAGE", ""))


def package(thing: str, whose: str) -> str:
    """The packages that bring a thing on systems of a family; a thing that the table lacks is a package itself."""
    rows = [row for row in _rows("packages.tsv") if row[0] == thing]
    return next((names for _, of, names in rows if of in (whose, "*")), thing)


@cache
def _rows(name: str) -> Tuple[Tuple[str, ...], ...]:
    return tuple(_lines(name))


def _lines(name: str) -> Iterator[Tuple[str, ...]]:
    try:
        text = (policies_dir() / "facts" / name).read_text("utf-8")
    except (OSError, AvcdoctorError):  # a hint must not fail: without the table it names the package
        return
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield tuple(line.split("\t"))
