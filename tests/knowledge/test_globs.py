"""A glob stands for the same values as in fnmatch, with and without a regular expression."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.knowledge.globs import fits

letters = st.text(alphabet="ab_*?[]!\n", max_size=6)


@given(value=letters, glob=letters)
def test_it_is_fnmatch(value, glob):
    assert fits(value, glob) == fnmatchcase(value, glob)


@pytest.mark.parametrize(
    ("value", "glob", "holds"),
    [("httpd_t", "httpd_t", True), ("httpd_t", "httpd_*", True), ("xhttpd_t", "httpd_*", False), ("a", "", False)],
)
def test_names_and_beginnings(value, glob, holds):
    assert fits(value, glob) is holds
