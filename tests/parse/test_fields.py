"""The tokenizer: what a record says comes back, whatever a program put into it."""

from __future__ import annotations

from typing import List, Tuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from avcdoctor.parse.fields import Field, decode, first_of, last_of, split_fields, text

KEYS = st.sampled_from(["pid", "comm", "path", "name", "dev", "ino", "exe", "scontext", "tclass", "src", "dest"])
UNTRUSTED = {"comm", "path", "name", "exe"}


def kernel(key: str, value: bytes) -> bytes:
    """As audit_log_untrustedstring() prints a field: hexadecimal when the text holds a quote, a blank or a control."""
    if key not in UNTRUSTED:
        return key.encode() + b"=" + value
    if any(byte < 0x21 or byte > 0x7E or byte == 0x22 for byte in value):
        return key.encode() + b"=" + value.hex().upper().encode()
    return key.encode() + b'="' + value + b'"'


PLAIN = st.text(st.sampled_from("abcXYZ019_.:,-/[]"), min_size=1, max_size=12).map(str.encode)
PAIRS = st.lists(
    KEYS.flatmap(
        lambda key: st.tuples(st.just(key), st.binary(min_size=1, max_size=24) if key in UNTRUSTED else PLAIN)
    ),
    max_size=12,
)


@given(PAIRS, st.booleans())
@example([("comm", b"UID="), ("name", b"xARCH=y")], False)
def test_what_the_kernel_prints_comes_back(pairs: List[Tuple[str, bytes]], avc: bool) -> None:
    body = b" ".join(kernel(key, value) for key, value in pairs)
    assert [(field.key, decode(field)) for field in split_fields(body, avc)] == pairs


@given(PAIRS)
def test_the_enriched_half_is_found_with_and_without_its_separator(pairs: List[Tuple[str, bytes]]) -> None:
    body = b" ".join(kernel(key, value) for key, value in [*pairs, ("exe", b"/bin/x")])
    end = b'ARCH=x86_64 AUID="unset" UID="root"'
    for separator in (b"\x1d", b""):
        fields = first_of(split_fields(body + b" key=(null)" + separator + end))
        assert text(fields["UID"]) == "root"
        assert text(fields["AUID"]) == "unset"
        assert text(fields["key"]) == ""


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_give_some_fields_and_safe_text(body: bytes, avc: bool) -> None:
    for field in split_fields(body, avc):
        assert text(field).isprintable()


@pytest.mark.parametrize(
    ("body", "key", "value"),
    [
        (b"pid=1 comm=rs:main Q:Reg path=/x", "comm", b"rs:main Q:Reg"),
        (b"exit=EACCES(Permission denied) a0=0x1", "exit", b"EACCES(Permission denied)"),
        (b"saddr={ saddr_fam=inet laddr=1.2.3.4 lport=80 } x=1", "saddr", b"{ saddr_fam=inet laddr=1.2.3.4 lport=80 }"),
        (b"proctitle=/bin/sh -c a=1 b=2", "proctitle", b"/bin/sh -c a=1 b=2"),
        (b'cmdline="systemctl start x" scontext=a', "cmdline", b"systemctl start x"),
        (b"a1[0]=6162 a1[1]=63", "a1[1]", b"63"),
        (b'comm="never closed path=/x', "comm", b"never closed path=/x"),
        ("name=“x y”".encode(), "name", b"x y"),
    ],
)
def test_fields_of_other_printers(body: bytes, key: str, value: bytes) -> None:
    assert first_of(split_fields(body))[key].value == value


def test_in_an_access_vector_only_known_keys_end_a_text() -> None:
    fields = first_of(split_fields(b"path=/tmp/a b=1 c dev=dm-0 ino=7", avc=True))
    assert fields["path"].value == b"/tmp/a b=1 c"
    assert fields["dev"].value == b"dm-0"


def test_a_key_that_occurs_twice() -> None:
    fields = split_fields(b"uid=81 msg='auid=n/a uid=0'")
    assert first_of(fields)["uid"].value == b"81"
    assert last_of(fields)["uid"].value == b"0"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (Field("name", b"6120", False), b"a "),
        (Field("name", b"217624", False), b"217624"),  # a process number in /proc: it would decode to plain text
        (Field("name", b"6120", True), b"6120"),
        (Field("uid", b"20", False), b"20"),
        (Field("name", b"612", False), b"612"),
        (Field("name", b"", False), b""),
    ],
)
def test_hexadecimal_only_where_the_kernel_must_use_it(field: Field, expected: bytes) -> None:
    assert decode(field) == expected
