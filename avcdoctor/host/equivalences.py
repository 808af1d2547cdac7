"""The administrator's file-context equivalences: the file file_contexts.subs, which libsemanage has no calls for."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Dict, Mapping, Optional

from avcdoctor.errors import PolicyError
from avcdoctor.private import sweep_at, write_at
from avcdoctor.sources.regular import read_regular


def read(path: Path) -> Dict[str, str]:
    """Path to the path it is labelled like; empty where the file is missing.

    Raises:
        PolicyError: the file is there and can't be read, or is a symbolic link.
    """
    try:
        text = read_regular(path, follow=False).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise PolicyError(f"{path} can't be read: {error.strerror}") from error
    fields = [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {words[0]: words[1] for words in fields if len(words) == 2}


def change(path: Path, wanted: Mapping[str, Optional[str]]) -> Optional[bytes]:
    """Set equivalences, or remove those whose value is None; every other line stays as it is.

    The format is that of semanage: one `PATH LIKE` per line.

    Returns:
        What the file held before, for `replace`; None where there was none.

    Raises:
        PolicyError: the file can't be read or written.
    """
    read(path)  # refuses a symbolic link
    before = read_regular(path, follow=False) if path.exists() else None
    lines = (before or b"").decode("utf-8", "surrogateescape").splitlines()
    kept = [line for line in lines if (line.split() or [""])[0] not in wanted]
    added = [f"{left} {right}" for left, right in wanted.items() if right is not None]
    text = "".join(f"{line}\n" for line in (*kept, *added))
    replace(path, text.encode("utf-8", "surrogateescape") or None)
    return before


def replace(path: Path, data: Optional[bytes]) -> None:
    """Replace the file in one rename, so that no reader ever sees half of it; None removes it.

    Raises:
        PolicyError: the file can't be written.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            sweep_at(folder)
            if data is None:
                with suppress(FileNotFoundError):
                    os.unlink(path.name, dir_fd=folder)
                os.fsync(folder)
            else:
                write_at(folder, path.name, data, 0o644)
        finally:
            os.close(folder)
    except OSError as error:
        raise PolicyError(f"{path} can't be written: {error.strerror}") from error
