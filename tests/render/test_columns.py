"""Columns of a terminal: wide characters take two, marks none, and nothing that was wrapped is lost."""

from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.render.columns import columns, fit, pad, wrap


def test_wide_and_combining_characters():
    assert columns("abc") == 3
    assert columns("\u6771\u4eac") == 4
    assert columns("e\u0301") == 1
    assert pad("\u6771", 4) == "\u6771  "
    assert pad("7", 3, right=True) == "  7"
    assert fit("\u6771\u4eac\u306e", 5) == "\u6771\u4eac\u2026"
    assert fit("abc", 3) == "abc"


def test_a_long_word_is_broken_behind_a_sign():
    assert wrap("see /usr/share/selinux/packages/x", 24) == ["see", "/usr/share/selinux/", "packages/x"]
    assert wrap("", 20) == []


@given(st.text(max_size=200), st.integers(20, 100))
def test_lines_fit_and_hold_everything(text, width):
    lines = wrap(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(line.split()) for line in lines) == "".join(text.split())
    assert columns(fit(text, width)) <= width
