"""Logs that mean harm: no crash, no escape to the terminal, no endless search, whatever the bytes."""

import json
import time

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avcdoctor.render import triage as render
from avcdoctor.resources import policies_dir
from avcdoctor.triage import judge
from avcdoctor.triage.packs import all_messages
from tests.triage.variations import VARIATIONS

SCHEMA = json.loads((policies_dir().parent / "avcdoctor/render/triage.schema.json").read_text())
PIECES = [
    *("avc:  denied  { read } for ", "scontext=a:b:c ", "tclass=file ", 'apparmor="DENIED" ', "type=SYSCALL ", "\n"),
    *(
        "audit(1.000:1)",
        " success=no exit=-13 ",
        "dec=deny perm=execute ",
        "status=203/EXEC",
        ": ",
        "/a/b",
        "'",
        '"',
        "(",
    ),
    *(
        "Permission denied",
        "Operation not permitted",
        "\x1b[31m",
        "\x00",
        "\udcff",
        "Nov 02 10:30:05 h app[1]: ",
        "{path}",
    ),
]
REPEATED = [
    *(
        "a ",
        "/a",
        "'",
        "open ",
        " ",
        "avc: denied { ",
        "type=SYSCALL ",
        "dec=deny ",
        "name=",
        "x: ",
        "a/",
        "\\",
        "permissions ",
    ),
    *(
        "directory ",
        "/x' ",
        "bind :80 ",
        "exec ",
        "chown /mnt/",
        "missing ",
        "mount ",
        "symlink refuse ",
        "(/",
        "avc: denied null ",
    ),
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=25))
def test_any_log_is_judged_and_shown_safely(pieces):
    verdict = judge("".join(pieces).encode("utf-8", "surrogatepass"))
    jsonschema.validate(json.loads(render.json(verdict)), SCHEMA)
    shown = render.text(verdict, verbose=True)
    assert "\x1b" not in shown
    assert "\x00" not in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([log for _, _, log in VARIATIONS]), st.binary(max_size=40), st.integers(0, 200))
def test_bytes_put_into_a_log_are_no_crash(log, junk, place):
    data = log.encode()
    judge(data[:place] + junk + data[place:])


@pytest.mark.parametrize("piece", REPEATED)
def test_a_long_line_takes_no_longer_than_its_length(piece):
    line = piece * (8000 // len(piece))
    for ending in ("", "Permission denied", "Operation not permitted"):
        began = time.process_time()
        judge(f"{line}{ending}\n".encode())
        assert time.process_time() - began < 1.5


@pytest.mark.timeout(20)
@pytest.mark.parametrize("rule", all_messages().rules, ids=lambda rule: rule.id)
def test_each_expression_is_quick_on_long_lines(rule):
    patterns = [one for condition in (*rule.when, *rule.unless) for one in (*condition.message, *condition.elsewhere)]
    for piece in REPEATED:
        line = piece * (8000 // len(piece))
        began = time.process_time()
        for pattern in patterns:
            pattern.search(line)
        assert time.process_time() - began < 0.5, (rule.id, piece)


def test_a_placeholder_in_a_log_is_not_filled():
    verdict = judge(b"sshd[1]: Authentication refused: bad ownership or modes for directory /home/{user}")
    assert "/home/{user}" in verdict.incidents[0].explanation.title


def test_a_path_that_looks_like_an_option_is_not_put_into_a_command():
    verdict = judge(b"sshd[1]: Authentication refused: bad ownership or modes for directory --reference=/etc/shadow")
    commands = [action.argv for remedy in verdict.incidents[0].explanation.remedies for action in remedy.actions]
    assert commands
    assert not any("--reference" in word for argv in commands for word in argv)
