"""Files that may be executed and can't be."""

import pytest

from avcdoctor.triage.errnos import find_errno
from avcdoctor.triage.layers.exec_format import explain, recognise
from avcdoctor.triage.lines import take_apart


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("till[1]: /srv/run: Exec format error", "/srv/run"),
        ("bash: /srv/run: /bin/sh^M: bad interpreter: No such file or directory", "/srv/run"),
        ("till[1]: /srv/lib.so: wrong ELF class: ELFCLASS32", "/srv/lib.so"),
    ],
)
def test_the_format_is_at_fault(text, path):
    line = take_apart(1, text)
    seen = recognise(line, find_errno(line.message))
    assert seen is not None
    assert path in explain(seen).title


@pytest.mark.parametrize(
    "text", ["bash: /srv/run: /bin/sh: bad interpreter: Permission denied", "till[1]: /srv/run: Permission denied"]
)
def test_a_refusal_is_another_layers(text):
    line = take_apart(1, text)
    assert recognise(line, find_errno(line.message)) is None
