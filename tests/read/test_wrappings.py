"""What is wrapped reads as it reads bare: every wrapping, stacks of them, in every encoding, cut anywhere."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from avcdoctor.model import KERNEL, TEXT
from avcdoctor.read import read
from avcdoctor.read.shapes import is_raw, texts
from tests.read.wrappings import CARRIERS, DECORATIONS, ENCODINGS, FOLDS, records, stack, told, wrapped

EVERY = {**DECORATIONS, **CARRIERS, **FOLDS}


@pytest.mark.parametrize("name", sorted(EVERY))
def test_each_wrapping(name: str) -> None:
    for seed in range(100, 108):
        bare = told(records(seed).encode())
        assert bare.denials
        assert told(EVERY[name](records(seed)).encode("utf-8", "surrogateescape")) == bare


@pytest.mark.parametrize("seed", range(0, 2000, 50))
def test_random_stacks(seed: int) -> None:
    lost = []
    for number in range(seed, seed + 50, 5):
        names = stack(random.Random(number))
        text = records(number)
        if told(wrapped(text, names).encode("utf-8", "surrogateescape")) != told(text.encode()):
            lost.append((number, names))
    assert lost == []


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
@pytest.mark.parametrize("name", ["fence", "quoted", "json lines", "html pre", "hard 80", "csv", "indent"])
def test_each_encoding(encoding: str, name: str) -> None:
    text = records(3)
    assert told(ENCODINGS[encoding](EVERY[name](text))) == told(text.encode())


@pytest.mark.parametrize("name", ["json pretty array", "csv", "hard 78", "html rows", "quoted-printable"])
def test_a_text_that_comes_in_small_pieces(name: str) -> None:
    text = records(5)
    data = EVERY[name](text).encode()
    assert told(data, piece=7) == told(text.encode())


def test_a_long_text_is_cut_into_blocks_without_loss() -> None:
    text = "".join(records(seed) for seed in range(1, 1200))
    data = EVERY["json pretty"](text).encode()
    assert len(data) > 2 << 20
    blocks = list(texts(data[at : at + 65536] for at in range(0, len(data), 65536)))
    assert sum(block.text.count(b"denied") for block in blocks) == text.count("denied")
    assert b"".join(block.text for block in blocks).count(b"type=SYSCALL") == text.count("type=SYSCALL")


def test_a_raw_log_is_left_alone() -> None:
    text = records(9).encode()
    assert is_raw(text)
    assert list(texts([text])) == [(text, True, False, 1, None)]


def test_what_a_user_may_name_is_no_wrapping() -> None:
    """A file called `a&amp;b<br>**x**` has that name in a raw record, whatever stands around it."""
    name = "/srv/a&amp;b<br>**x**`y`[z](u)"
    line = (
        f'type=AVC msg=audit(1700000001.250:31): avc:  denied  {{ read }} for  pid=41 comm="app" path="{name}" '
        'dev="dm-0" ino=77 scontext=u:r:app_t:s0 tcontext=u:object_r:data_t:s0 tclass=file permissive=0\n'
    )
    for around in ("", "type=AVC msg=audit(1.2:3): avc:  denied  { read } for comm=&quot;x&quot; <br>\n"):
        (denial,) = [one for one in told((around + line).encode()).denials if one[0] == "app_t"]
        assert denial[6] == name


def test_only_a_raw_trail_is_the_kernels_word(tmp_path: Path) -> None:
    text = records(2)
    for name, expected in (("", KERNEL), ("quoted", TEXT), ("html pre", TEXT), ("json lines", TEXT), ("hard 80", TEXT)):
        log = tmp_path / "log"
        log.write_text(EVERY[name](text) if name else text)
        found = {group.provenance for group in read([str(log)]).groups if group.tclass != "dbus"}
        assert found == {expected}


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a":"avc: denied ' * 20_000,
        b"<" * 300_000,
        b"<a " * 200_000,
        b"&" * 300_000,
        b'"' * 300_001,
        b"> " * 300_000,
        b"avc:  denied { " * 30_000,
        b"\\" * 300_000,
        b"=3D" * 100_000 + b"type=3D",
        b"*" * 300_000 + b" avc: denied",
        b"[x](" * 100_000 + b"avc:  denied",
        b"a=b\n" * 100_000,
        b"A" * 300_000,
        b"QUFB\n" * 60_000,
        b'"avc:\nx"',
        b'type=AVC "\n"\n' * 1000,
        b"__CURSOR=x\nMESSAGE=avc:\n" * 30_000,
    ],
    ids=range(19),
)
def test_nothing_is_deep_or_slow(data: bytes) -> None:
    told(data)


def test_twice_as_much_takes_twice_as_long() -> None:
    import time  # noqa: PLC0415 - this test alone

    def seconds(text: str) -> float:
        begin = time.process_time()
        told(text.encode())
        return time.process_time() - begin

    for name in ("json lines", "html br", "hard 80", "csv", "quoted"):
        text = EVERY[name]("".join(records(seed) for seed in range(150)))
        seconds(text)
        assert seconds(text * 4) < 4 * 2.5 * max(seconds(text), 0.02)


@pytest.mark.parametrize("blanks", [1, 3, 48, 150])
def test_a_field_name_torn_by_a_terminals_right_edge_is_one_word(blanks: int, tmp_path: Path) -> None:
    log = tmp_path / "paste.txt"
    log.write_text(
        'type=AVC msg=audit(1700000000.100:7): avc:  denied  { fowner } for  pid=7 comm="perl" capability=3  '
        f"scontext=system_u:system_r:httpd_t:s0 t{' ' * blanks}context=system_u:system_r:httpd_t:s0 tclass=capability\n"
    )
    reading = read([str(log)])
    assert [(group.source, group.target, group.tclass) for group in reading.groups] == [
        ("httpd_t", "httpd_t", "capability")
    ]
    assert reading.summary.unreadable == 0


@pytest.mark.parametrize(
    "line",
    [
        "SELINUX_ERR op=security_bounded_transition seresult=denied oldcontext=u:r:a_t:s0 newcont>",
        "SELINUX_ERR op=security_bounded_transition seresult=denied oldcontext=u:r:a_t:s0 newcontext=u:r:b_>",
        "USER_AVC pid=817 uid=81 subj=system_u:syst>",
        "AVC avc:  denied  { read } for  pid=2 comm=a scontext=u:r:a_t:s0 tcontext=u:r:b_t:s0 tclass=fi>",
        "AVC avc:  denied  { read } for  pid=2 comm=a scontext=u:r:a_\u2026:r:b_t:s0 tclass=file permissive=0",
        'AVC avc:  denied  { read } for  pid=2 path="/a\u2026b" scontext=u:r:a_t:s0 tcontext=u:r:b_t:s0 tclass=file',
    ],
)
def test_a_record_that_a_pager_cut_is_counted_and_the_way_to_the_whole_one_is_told(line: str, tmp_path: Path) -> None:
    log = tmp_path / "journal.txt"
    log.write_text(f"Jun 12 02:13:20 web1 audit[7]: {line}\n")
    reading = read([str(log)])
    assert (reading.summary.denials, reading.summary.unreadable) == (0, 1)
    assert "--no-pager -l" in reading.summary.unreadable_examples[0].reason


def test_what_is_cut_behind_the_class_is_read(tmp_path: Path) -> None:
    log = tmp_path / "journal.txt"
    log.write_text(
        "Jun 12 02:13:20 web1 audit[7]: AVC avc:  denied  { read } for  pid=2 comm=a scontext=u:r:a_t:s0 "
        "tcontext=u:r:b_t:s0 tclass=file permis>\n"
    )
    assert read([str(log)]).summary.denials == 1


def test_headers_in_one_programs_text_do_not_make_a_trail_a_copy_without_line_ends(tmp_path: Path) -> None:
    """Whoever may write one record could else take the kernel's word from all others."""
    text = records(2)
    forged = " msg=audit(1700000000.000:1): " * 200
    log = tmp_path / "audit.log"
    log.write_text(text * 4 + f"type=USER_AUTH msg=audit(1700000000.000:9): pid=1 uid=0 msg='op={forged}'\n")
    assert {group.provenance for group in read([str(log)]).groups if group.tclass != "dbus"} == {KERNEL}


def test_a_record_that_stands_alone_in_its_lines_words_is_counted_all_the_same() -> None:
    """Each word of a record on a line of its own: it is not read, and not dropped in silence either."""
    text = "\n".join(records(5).splitlines()[0].split(" ")) + "\n"
    read_ = told(text.encode())
    assert read_.denials or read_.unreadable
