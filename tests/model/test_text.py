"""What a log says is safe to show, and a raw name gives back its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.model import raw_name, safe_text


@given(st.binary())
def test_text_is_printable_whatever_it_came_from(value: bytes) -> None:
    assert safe_text(value).isprintable()


@given(st.binary())
def test_a_raw_name_keeps_its_bytes(value: bytes) -> None:
    assert raw_name(value).encode("utf-8", "surrogateescape") == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"a\\b", "a\\b"),
        (b"a\\b\n", "a\\\\b\\n"),
        (b"\x1b[31m", "\\x1b[31m"),
        (b"\xff", "\\xff"),
        ("\u202e", "\\u202e"),
        ("\U000e0001", "\\U000e0001"),
        ("é 漢", "é 漢"),
    ],
)
def test_what_is_escaped(value: bytes, shown: str) -> None:
    assert safe_text(value) == shown
