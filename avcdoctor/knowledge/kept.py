"""Keeps what was read from YAML as JSON, so that a start neither parses YAML nor needs a parser for it.

What is kept carries a digest of the files it was made from and of the code that read them: a changed file is noticed
at once. An installed package brings it along (policies/kept); elsewhere it lies in the user's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Callable, Iterable, Optional, Tuple

from avcdoctor.resources import cache_dir, policies_dir

FOLDER = "kept"  # below policies/, in a package
_READERS = ("loader.py", "nodes.py", "schema.py", "tables.py")


def kept(name: str, sources: Iterable[Tuple[str, bytes]], make: Callable[[], Any]) -> Any:
    """Give what `make` makes of the sources, from what was kept when they were the same.

    Args:
        name: what to call the file it is kept in.
        sources: the names and bytes of the files that `make` reads.
        make: makes mappings, lists, texts, numbers and booleans; None where they are not worth keeping.
    """
    digest = digest_of(sources)
    found = _read(policies_dir() / FOLDER, name, digest)
    folder = None
    if found is None:
        folder = cache_dir()
        found = _read(folder, name, digest)
    if found is not None:
        return found
    made = make()
    if made is not None and folder is not None:
        with suppress(OSError):  # a full disk must not stop a diagnosis: the next start reads YAML again
            write(folder, name, digest, made)
    return made


def digest_of(sources: Iterable[Tuple[str, bytes]]) -> str:
    """A digest of files' names and contents, and of the code that reads them."""
    total = hashlib.sha256(_code())
    for name, content in sources:
        total.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


@cache
def _code() -> bytes:
    return b"\0".join((Path(__file__).parent / name).read_bytes() for name in _READERS)


def _read(folder: Optional[Path], name: str, digest: str) -> Any:
    """What is kept under this name if it was made from the same; None otherwise."""
    if folder is None:
        return None
    try:
        with (folder / f"{name}.json").open(encoding="utf-8") as stream:
            if stream.readline().rstrip("\n") == digest:
                return json.loads(stream.read())
    except (OSError, ValueError):  # not there, or damaged: it is made anew
        return None
    return None


def write(folder: Path, name: str, digest: str, value: Any) -> None:
    """Write a file of the digest and the value, whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(digest + "\n" + json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        target = folder / f"{name}.json"
        Path(temporary).replace(target)
    except BaseException:
        with suppress(OSError):  # the error that brought us here is the one to tell
            Path(temporary).unlink()
        raise
