"""Reads logs into groups: the one function the rest of avcdoctor calls."""

from __future__ import annotations

import lzma
import zlib
from typing import Optional, Sequence

from avcdoctor.audit.plain import PlainReader
from avcdoctor.audit.tally import Tally
from avcdoctor.errors import InputError
from avcdoctor.groups import Grouper
from avcdoctor.model import Reading, safe_text
from avcdoctor.sources.files import find_logs, open_log


def read(
    paths: Sequence[str], *, since: Optional[int] = None, until: Optional[int] = None, root: Optional[str] = None
) -> Reading:
    """Read audit logs of any shape.

    Args:
        paths: files, globs, directories, or `-` for standard input; empty is the host's own trail.
        since: leave out denials before this time; milliseconds since the epoch.
        until: leave out denials after it.
        root: an offline root whose trail is read when no paths are given.

    Returns:
        The groups and a summary; every line that looked like a denial is in one or the other.

    Raises:
        InputError: a file can't be opened or read.
    """
    files = find_logs(paths, root)
    grouper, tally = Grouper(), Tally(since, until)
    reader = PlainReader(grouper, tally)
    for path in files:
        name = "standard input" if path == "-" else safe_text(path)
        try:
            with open_log(path) as log:
                reader.read(log, name)
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            raise InputError(f"{name} can't be read: {error}", "is the file complete?") from error
    reader.finish(files[-1])
    if grouper.not_kept:
        tally.warnings.append(f"{grouper.not_kept} denials belong to more groups than are kept and are only counted")
    return Reading(grouper.groups(), tally.summary(files))
