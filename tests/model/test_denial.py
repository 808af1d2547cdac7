"""A context is taken apart and put together again, and one that nobody told says so."""

from __future__ import annotations

import pytest

from avcdoctor.model import NOT_TOLD, Context


@pytest.mark.parametrize("text", ["system_u:system_r:httpd_t:s0-s0:c0.c1023", "system_u:object_r:var_t"])
def test_a_context_is_what_was_parsed(text: str) -> None:
    context = Context.parse(text)
    assert str(context) == text
    assert context.told


@pytest.mark.parametrize("text", ["", "httpd_t", "u:r:", ":r:t", "u::t:s0"])
def test_what_lacks_a_field_is_no_context(text: str) -> None:
    with pytest.raises(ValueError, match="not a security context"):
        Context.parse(text)


def test_another_type_keeps_the_rest() -> None:
    assert str(Context.parse("u:r:a_t:s0:c1").with_type("b_t")) == "u:r:b_t:s0:c1"


def test_a_context_that_nobody_told() -> None:
    assert not NOT_TOLD.told
    assert str(NOT_TOLD) == ""
    assert Context.parse("u:r:t") != NOT_TOLD
