"""A list of rotated files that was taken while they were renamed may lack one of them."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Tuple

import pytest

from avcdoctor.sources.follow import Follower

Names = List[Tuple[str, Optional[Tuple[int, int]]]]


def test_a_file_that_a_list_lacks_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "audit.log"
    log.write_text("first\n")
    follower = Follower(str(log), from_start=True)
    assert [piece.data for piece in follower.read()] == [b"first\n"]
    log.rename(tmp_path / "audit.log.2")
    (tmp_path / "audit.log.1").write_text("second\n")
    log.write_text("third\n")
    whole = Follower._names
    asked: List[int] = []

    def torn(self: Follower) -> Names:
        """The first time, the file in the middle is between two names."""
        asked.append(1)
        names = whole(self)
        return names if len(asked) > 1 else [one for one in names if not one[0].endswith(".1")]

    monkeypatch.setattr(Follower, "_names", torn)
    assert [piece.data for piece in follower.read()] == [b"second\n", b"third\n"]
    follower.close()
