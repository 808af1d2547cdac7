"""Failed system calls whose event holds no denial."""

import pytest

from avcdoctor.triage.audit_events import failures
from avcdoctor.triage.lines import read_lines
from avcdoctor.triage.trail import events
from avcdoctor.triage.unwrapped import unwrapped

CALL = 'type=SYSCALL msg=audit(1793611805.300:78): arch=c000003e syscall={} success={} exit={} euid={} comm="app"\n'
PATH = 'type=PATH msg=audit(1793611805.300:78): item=0 name="/srv/a" inode=1 mode=0100600 ouid=0 ogid=0\n'


def seen(log):
    return failures(read_lines(unwrapped(log.encode())), tuple(events(unwrapped(log.encode()))))


@pytest.mark.parametrize(
    ("call", "exit_", "layer"),
    [
        ("257", "-13", "dac"),
        ("openat", "EACCES", "dac"),
        ("257", "-2", "path"),
        ("87", "-1", "immutable"),
        ("165", "-1", "capability"),
        ("59", "-8", "exec-format"),
        ("257", "-40", "symlink"),
    ],
)
def test_the_error_number_names_the_layer(call, exit_, layer):
    (one,) = seen(CALL.format(call, "no", exit_, 33) + PATH)
    assert (one.layer, one.path, one.process) == (layer, "/srv/a", "app")


@pytest.mark.parametrize(("success", "exit_"), [("yes", "3"), ("no", "-28")])
def test_what_succeeded_or_has_another_error_is_passed_over(success, exit_):
    assert seen(CALL.format("257", success, exit_, 0)) == []


@pytest.mark.parametrize(
    "record",
    [
        "type=AVC msg=audit(1793611805.300:78): avc:  denied  { read } for  pid=1",
        "type=SECCOMP msg=audit(1793611805.300:78): sig=31",
    ],
)
def test_an_event_with_a_refusers_own_record_is_passed_over(record):
    assert seen(CALL.format("257", "no", "-13", 0) + record + "\n") == []


def test_the_user_of_the_call_is_told():
    assert seen(CALL.format("257", "no", "-13", 0))[0].fields["uid"] == "0"
