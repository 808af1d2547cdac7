"""The table of the C library's words."""

import errno
import os

import pytest

from avcdoctor.triage.errno_words import ERRNO_WORDS


@pytest.mark.parametrize("name", sorted(ERRNO_WORDS))
def test_the_first_words_are_this_systems_english_ones(name):
    assert ERRNO_WORDS[name][0] == os.strerror(getattr(errno, name))


def test_no_words_stand_for_two_errors():
    words = [word.casefold() for words in ERRNO_WORDS.values() for word in words]
    assert sorted({word for word in words if words.count(word) > 1}) == []
