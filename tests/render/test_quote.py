import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.render.quote import display_command, display_word

RAW = st.binary(max_size=30).map(lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape"))
WORDS = st.one_of(RAW, st.text(alphabet="ab'\"\\$`\n\t\x1b \u202e\u00e9~#!*-", max_size=12))


def read_back(shell, command):
    """What a shell makes of the words: printf writes each followed by a NUL."""
    script = b"printf '%s\\0' " + command.encode("utf-8", "surrogateescape")
    done = subprocess.run([shell, "-c", script], capture_output=True, check=True)
    return [word.decode("utf-8", "surrogateescape") for word in done.stdout.split(b"\0")[:-1]]


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("plain", "plain"),
        ("", "''"),
        ("a b", "'a b'"),
        ("it's", "'it'\"'\"'s'"),
        ("$(reboot)", "'$(reboot)'"),
        ("a\nb", r"$'a\nb'"),
        ("\x1b[31m", r"$'\x1b[31m'"),
        ("a\udcff1", r"$'a\xff1'"),
        ("\u202egnp.sh", r"$'\xe2\x80\xaegnp.sh'"),
        ("don't\n", r"$'don\'t\n'"),
    ],
)
def test_words_for_people(word, shown):
    assert display_word(word) == shown


@given(WORDS)
def test_a_displayed_word_is_printable(word):
    assert display_word(word).isprintable()


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@given(st.lists(WORDS, min_size=20, max_size=20))
def test_bash_reads_displayed_words_back(words):
    assert read_back("bash", display_command(words)) == words
