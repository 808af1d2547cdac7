"""Reads regular files and nothing else: a device or a named pipe in an image neither blocks nor fills memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Union

MOST_BYTES = 256 << 20
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class NotRegularError(OSError):
    """What was to be read is a device, a named pipe, a socket or a directory, or larger than it may be."""


def read_regular(path: Union[str, Path], most: int = MOST_BYTES, follow: bool = True) -> bytes:
    """All of a regular file.

    Args:
        path: the file.
        most: bytes; a larger file is refused, never cut.
        follow: the last component may be a symbolic link.

    Raises:
        NotRegularError: it is no regular file, or too large.
        OSError: it can't be opened or read.
    """
    descriptor = os.open(path, _FLAGS | (0 if follow else os.O_NOFOLLOW))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError(0, "it is no regular file", str(path))
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise NotRegularError(0, f"it is larger than {most >> 20} MiB", str(path))
    return data


def is_readable_kind(path: str) -> bool:
    """Whether a log may be read from here: a regular file, or a pipe that the caller's shell opened (`<(...)`)."""
    mode = os.stat(path).st_mode  # noqa: PTH116 - a text, and nothing is made of it
    handed_over = path.startswith(("/dev/fd/", "/proc/self/fd/", "/dev/stdin"))
    return stat.S_ISREG(mode) or (handed_over and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)))
