"""Who sent an event, and what it says to people."""

import pytest

from avcdoctor.read.shapes.pieces import Sender, message_of, sender_of


@pytest.mark.parametrize(
    ("event", "sender"),
    [
        (
            {"SYSLOG_IDENTIFIER": "a", "_PID": "7", "_UID": "0", "__REALTIME_TIMESTAMP": "1793611805204000"},
            Sender("a", 7, "0", 1793611805),
        ),
        ({"program": "a", "pid": 7}, Sender("a", 7)),
        ({"_COMM": "a", "_PID": "x", "__REALTIME_TIMESTAMP": "soon"}, Sender("a")),
        ({"message": "hello"}, None),
        ({"program": ["a"]}, None),
    ],
)
def test_the_fields_beside_a_message_tell_who_sent_it(event, sender):
    assert sender_of(event) == sender


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"message": "hello", "agent": {"name": "box"}}, "hello"),
        ({"msg": "no", "path": "/a", "error": "EACCES"}, "no: /a: EACCES"),
        ({"msg": "no: EACCES", "error": {"reason": "EACCES"}}, "no: EACCES"),
        ({"event": {"original": "hello"}, "message": "hello"}, "hello"),
        ({"MESSAGE": [104, 255]}, "h\udcff"),
        ({"level": "error"}, ""),
        ({"msg": ""}, ""),
    ],
)
def test_a_message_comes_with_path_and_error_but_not_with_the_rest(event, said):
    assert message_of(event) == said


def test_a_deep_event_ends():
    event = {"message": "hello"}
    for _ in range(5000):
        event = {"a": event}
    assert message_of(event) == ""
