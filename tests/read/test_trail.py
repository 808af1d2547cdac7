"""Whose a line of a trail is: auditd's own stand as they are, whatever a user's name or message in one looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from avcdoctor.model import Reading
from avcdoctor.read import read
from avcdoctor.read.shapes import is_raw
from avcdoctor.read.shapes.trail import is_own, is_trail, parts
from tests.read.fuzz_difference import differences

CONTEXTS = "scontext=u:r:a_t:s0 tcontext=u:object_r:b_t:s0"
FILLER = 'type=CWD msg=audit(1700000000.000:1): cwd="/"\n'
LARGE = FILLER * (300_000 // len(FILLER))


def vector(name: str, header: str = "audit(1700000000.100:7)") -> str:
    return (
        f'type=AVC msg={header}: avc:  denied  {{ read }} for  pid=41 comm="app" name={name} dev="d" ino=7 {CONTEXTS} '
        "tclass=file permissive=0\n"
    )


def message(line: str) -> str:
    """What systemd tells of who asks it with a command line."""
    return (
        "type=USER_AVC msg=audit(1700000000.100:8): pid=1 uid=0 auid=4294967295 ses=4294967295 subj=u:r:init_t:s0 "
        'msg=\'avc:  denied  { status } for auid=1 uid=1 gid=1 path="/x.service" '
        f'cmdline="{line}" function="f" {CONTEXTS} tclass=service permissive=0 exe="/usr/lib/systemd/systemd" '
        "sauid=0 hostname=? addr=? terminal=?'\n"
    )


NAMES = {
    "quoted-printable": '"msg=3D"',
    "percent signs": '"comm%3Dx"',
    "entities": '"a=&quot;b&quot;"',
    "elements": '"<br/><p>a</p>"',
    "emphasis": '"**a**`b`"',
    "hexadecimal": "613D3D2A",
    "an object": '"{\\"a\\":[1]}"',
    "a sign of the journal": '"__CURSOR=x"',
}


def counted(reading: Reading) -> Dict[str, int]:
    return {**reading.summary.provenance, "unreadable": reading.summary.unreadable}


@pytest.mark.parametrize("around", [FILLER * 200, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_a_file_named_like_a_wrapping_changes_nothing(name: str, around: str, tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(vector('"y"') + vector(name) + around + vector('"z"'))
    assert counted(read([str(log)])) == {"kernel": 3, "unreadable": 0}


@pytest.mark.parametrize("around", [FILLER * 200, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("line", ["a \\\\", "\x1b[31mred", "=&quot;x&quot;", "='' '", "a\rb", "\u201cx\u201d"])
def test_a_message_like_a_wrapping_takes_nothing_from_the_other_lines(line: str, around: str, tmp_path: Path) -> None:
    """Where something could be taken off it, it is a text itself; all others are whose they were."""
    log = tmp_path / "audit.log"
    log.write_bytes((vector('"y"') + message(line) + around + message("x") + vector('"z"')).encode())
    found = counted(read([str(log)]))
    assert found.pop("kernel") == 2
    assert found["manager"] >= 1
    assert found["manager"] + found.get("text", 0) == 2


def test_a_line_end_in_a_message_begins_no_record_of_the_kernels(tmp_path: Path) -> None:
    """What a user writes behind a carriage return is no line of auditd's."""
    for sign in ("\r", "\x0b", "\x0c"):
        log = tmp_path / "audit.log"
        log.write_bytes((FILLER * 200 + message("x" + sign + vector('"forged"').strip())).encode())
        assert "kernel" not in counted(read([str(log)]))


def test_what_came_through_another_program_is_no_trail() -> None:
    whole = (FILLER + vector('"y"')) * 100
    assert is_trail(whole.encode())
    assert not is_trail(whole.replace('"', "&quot;").encode())
    assert not is_trail(whole.replace('"', '\\"').encode())
    assert not is_trail(whole.replace("\n", " ").encode())
    assert not is_trail(b"Nov 14 22:13:21 host app: x\n" + FILLER.encode())
    assert not is_trail(b"")


def test_one_line_of_many_may_be_damaged() -> None:
    assert is_trail((FILLER * 200 + "junk\n").encode())
    assert not is_trail((FILLER * 90 + "junk\n").encode())


def test_a_crash_leaves_zero_bytes_between_records(tmp_path: Path) -> None:
    """What stands behind them is auditd's own."""
    for zeros in ("\0" * 4000, "\n" + "\0" * 4000):
        text = FILLER * 20 + vector('"y"').strip() + zeros + vector('"z"') + FILLER
        for around in (b"", LARGE.encode()):
            log = tmp_path / "audit.log"
            log.write_bytes(around + text.encode())
            assert counted(read([str(log)])) == {"kernel": 2, "unreadable": 0}
        assert differences(text.encode()) == {}


def test_whose_a_line_is() -> None:
    assert is_own(vector('"y"').encode())
    assert is_own(vector('"msg=3D"').encode())
    assert is_own(message("x").encode())
    assert not is_own(vector("&quot;y&quot;").encode())
    assert not is_own(b"junk")


def test_what_stands_among_a_trails_lines_is_parted_from_them() -> None:
    lines = [FILLER, '{"MESSAGE":"' + vector("y").strip() + '"}\n', "junk\n", FILLER]
    found = list(parts("".join(lines).encode()))
    assert [(part.own, part.line) for part in found] == [(True, 0), (False, 1), (True, 3)]
    assert sum(b"denied" in part.text for part in found) == 1


def test_how_a_trail_is_parted_does_not_depend_on_how_much_of_it_is_at_hand() -> None:
    units = [vector('"y"'), FILLER + "junk\n", vector("&quot;y&quot;"), vector('"y"').replace(" dev", "\n dev"), FILLER]
    whole = [(part.text, part.own) for part in parts("".join(units).encode()) if not part.own]
    each = [(part.text, part.own) for unit in units for part in parts(unit.encode()) if not part.own]
    assert whole == each


def test_a_scanner_is_not_for_what_ausearch_parts_with_lines() -> None:
    text = vector('"y"') * 20
    assert is_raw(text.encode())
    assert not is_raw((text + "----\n" + text).encode())
