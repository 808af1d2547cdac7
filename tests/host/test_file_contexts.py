"""The literal beginning of a pattern is the same on the short way and on the careful one."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from avcdoctor.host.file_contexts import _literal, _literal_with_care


@given(st.text("/ab.^$?*+|[({\\d-)]}", max_size=12))
@example("/etc/passwd")
@example(r"/etc/x\.conf")
@example("/a+/b")
@example("/ab*")
@example("/a|/b")
@example("\\")
def test_both_ways_agree(pattern: str) -> None:
    assert _literal(pattern) == _literal_with_care(pattern)


def test_what_is_literal() -> None:
    assert _literal(r"/etc/x\.conf") == ("/etc/x.conf", True)
    assert _literal(r"/srv/www(/.*)?") == ("/srv/www", False)
    assert _literal("/srv/logs?") == ("/srv/log", False)
    assert _literal("/a|/b") == ("", False)
