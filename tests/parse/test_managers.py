"""Whatever a user puts into a record, permissions, contexts and class are the writer's; the same for both readers."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Denial
from avcdoctor.parse.managers import take_apart
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader
from tests.parse.hostile import BEHIND, FALSE, FRAGMENTS, TRUE, WRITERS

VALUES = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4).filter(str.isprintable), max_size=5).map("".join)
HARMLESS = 'type=AVC msg=audit(1700000000.100:6): avc:  denied  { read } for  pid=1 comm="y" name="z" '
HARMLESS += "scontext=u:r:before_t:s0 tcontext=u:r:before_t:s0 tclass=dir permissive=0"


def by_both(line: str) -> List[Denial]:
    """The one denial of a line, as the general reader and as the scanner find it between others."""
    lines = [text.encode("utf-8", "surrogateescape") for text in (HARMLESS, line, HARMLESS)]
    found = []
    for fast in (False, True):
        grouper, tally = Grouper(), Tally()
        if fast:
            scanner = Scanner(grouper, tally)
            scanner.begin("log")
            scanner.feed(b"".join(one + b"\n" for one in lines))
            scanner.finish()
        else:
            reader = PlainReader(grouper, tally)
            reader.read(lines, "log", trail=True)
            reader.finish("log")
        assert (tally.denials, tally.unreadable, tally.granted) == (3, 0, 0), tally.examples
        (group,) = (one for one in grouper.groups() if one.source != "before_t")
        (denial,) = group.examples
        found.append(denial)
    return found


@pytest.mark.parametrize("writer", WRITERS)
@given(VALUES)
@example(
    f"x\" {FALSE} permissive=1{BEHIND}' type=AVC msg=audit(1700000000.100:7): avc:  denied  {{ read }} for  pid=1 "
)
@example("x avc:  denied  { start stop reload enable disable } for ")
@example('x" path="/etc/shadow" ')
@example("' avc:  denied  { read } for ")
@example('forAUID="')
@example(" type=AVC msg=audit(1700000000.100:7): avc:  denied  { read } for  pid=1 =3D")
@example("msg=' path=abcde ")
@settings(max_examples=60, deadline=None)
def test_a_users_text_stays_a_users_text(writer: str, value: str) -> None:
    if writer != "the kernel":  # which encodes what is not ASCII; the others' texts can't hold a line's end
        value = value.replace("\x1d", "")
    for denial in by_both(WRITERS[writer](value)):
        assert (denial.source.type, denial.target.type, denial.tclass) == ("user_t", "true_t", "service")
        assert denial.permissions == (("create",) if "invalid context" in writer else ("status",))
        assert denial.permissive is not True
        assert denial.exe != "/bin/false"
        if writer not in ("the kernel", "systemd, a unit's path"):
            assert denial.path in ("", "/usr/lib/systemd/system/x.service")
        if "systemd" not in writer:
            assert denial.raw_path == "" or writer == "the kernel"


@pytest.mark.parametrize("value", ["systemctl start x", "a 'b' c", "--x=1 path=/y"])
def test_a_command_line_comes_back_whole(value: str) -> None:
    for denial in by_both(WRITERS["systemd, a command line"](value)):
        assert denial.fields["cmdline"] == value
        assert denial.fields["function"] == "method_x"


def test_a_message_that_fills_its_writers_buffer_is_not_believed() -> None:
    """libselinux cuts what does not fit into 1024 bytes: a long command line pushes the true contexts out."""
    forged = f'auid=1 uid=1 gid=1 cmdline="x" {FALSE} permissive=0'
    padding = "y" * (1023 - len(f"avc:  denied  {{ status }} for {forged}"))
    message = f"avc:  denied  {{ status }} for {forged.replace('x', 'x' + padding, 1)}"
    assert len(message) == 1023
    with pytest.raises(ValueError, match="fills its writer's buffer"):
        take_apart(f"pid=1 uid=0 msg='{message}{BEHIND}'".encode())
    shorter = message.replace("yyyy", "", 1)
    read = take_apart(f"pid=1 uid=0 msg='{shorter}{BEHIND}'".encode())
    assert read is not None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("msg='avc:  denied  { status } for auid=1", "no scontext"),
        ("msg='avc:  denied  { sta", "before the permissions"),
        ("msg='avc:  denied  { status } for x=1 scontext=a:b:c:d", "no tcontext"),
        ("msg='avc:  denied  { status } for x=1 scontext=a:b:c:d tcontext=a:b:c:d", "before its class"),
        ("msg='x avc:  denied  { status } for'", "does not begin with a vector"),
        (f"msg='avc:  denied  {{ status }} for x=1 {TRUE % 'service'} junk'", "something else stands"),
    ],
)
def test_what_can_not_be_read_says_why(body: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        take_apart(body.encode())


def test_a_notice_is_none() -> None:
    assert take_apart(b"pid=1 msg='avc:  received policyload notice (seqno=2)'") is None
