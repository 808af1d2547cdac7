"""Audit records among other lines: whole events, and the line at which each record stands."""

from avcdoctor.triage.trail import events
from avcdoctor.triage.unwrapped import unwrapped

AVC = (
    b'type=AVC msg=audit(1793611805.204:77): avc:  denied  { read } for  pid=41 comm="app" name="a" dev="vda1" ino=5 '
    b"scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0"
)
CALL = b'type=SYSCALL msg=audit(1793611805.204:77): arch=c000003e syscall=2 success=no exit=-13 comm="app"'


def test_the_records_of_an_event_are_together_and_know_their_lines():
    (event,) = events(unwrapped(b"hello\n" + AVC + b"\nbetween\n" + CALL + b"\n"))
    assert [record.type for record in event.records] == ["AVC", "SYSCALL"]
    assert [event.number(record) for record in event.records] == [2, 4]
    assert event.outcome.denials[0].source.type == "httpd_t"


def test_a_record_that_stops_short_is_kept_as_refused():
    (event,) = events(unwrapped(AVC[:150]))
    assert event.outcome.denials == []
    assert len(event.outcome.refused) == 1


def test_two_records_without_a_stamp_are_two_events():
    bare = AVC.replace(b"type=AVC msg=audit(1793611805.204:77): ", b"")
    assert len(list(events(unwrapped(bare + b"\n\n" + bare.replace(b"pid=41", b"pid=42"))))) == 2


def test_ordinary_lines_give_nothing():
    assert list(events(unwrapped(b"sshd[1]: Permission denied\n\n----\n"))) == []
