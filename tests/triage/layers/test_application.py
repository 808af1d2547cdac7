"""The program's own rules, where the kernel was never asked."""

import pytest

from avcdoctor.triage.errnos import find_errno
from avcdoctor.triage.layers.application import explain, recognise
from avcdoctor.triage.lines import take_apart


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        ("sshd[1]: Permission denied (publickey).", "named"),
        ('postgres[1]: FATAL:  password authentication failed for user "a"', "named"),
        ("kim is not in the sudoers file", "named"),
        ('beacond[1]: /etc/beacon.conf:4: unknown directive "lisen"', "warning"),
        ("beacond[1]: open /srv/a: Permission denied", None),
        ("beacond[1]: ready", None),
    ],
)
def test_what_the_program_decides_alone(text, proof):
    line = take_apart(1, text)
    seen = recognise(line, find_errno(line.message))
    assert (seen.proof if seen else None) == proof
    if seen:
        assert explain(seen).kind == "own-rules"
