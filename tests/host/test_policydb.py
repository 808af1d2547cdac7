"""Rules are read in large pieces and sets when they are asked for; both must equal reading them one by one."""

import random
import struct

import pytest

from avcdoctor.errors import PolicyError
from avcdoctor.host.binary import Cursor, LazyBitmaps
from avcdoctor.host.policydb import _packed
from avcdoctor.host.tables import RULE, PackedRules


def plain(number):
    return RULE.pack(number % 7 + 1, 2, 3, random.Random(number).choice([1, 2, 4, 0x10, 0x20, 0x40, 0x8001]), number)


def extended(number):
    return struct.pack("<HHHHBB8I", number % 7 + 1, 2, 3, 0x100, 1, 5, *([number] * 8))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_rules_of_both_sizes_are_told_apart(share):
    chosen = random.Random(int(share * 100))
    rules = [(extended if chosen.random() < share else plain)(number) for number in range(1000)]
    cursor = Cursor(b"head" + b"".join(rules) + b"tail", "trial")
    cursor.position = 4
    packed, longer = _packed(cursor, len(rules))
    assert packed == b"".join(rule for rule in rules if len(rule) == RULE.size)
    assert [rule.bits & 0xFFFFFFFF for rule in longer] == [n for n, rule in enumerate(rules) if len(rule) != RULE.size]
    assert cursor.data[cursor.position :] == b"tail"


@pytest.mark.parametrize("missing", [1, 11, 12, 40])
def test_rules_that_end_too_early_are_an_error(missing):
    data = b"".join(map(plain, range(200))) + extended(1)
    with pytest.raises(PolicyError, match="it ends"):
        _packed(Cursor(data[:-missing], "trial"), 201)


def test_rules_are_found_by_their_source_in_their_order():
    rules = [(3, 1, 1, 1, 9), (2, 4, 1, 1, 8), (3, 2, 1, 1, 7)]
    packed = PackedRules(b"".join(RULE.pack(*rule) for rule in rules))
    for _way in ("by looking through all", "by source", "by source"):
        assert list(packed.of([3])) == [(1, 1, 1, 9), (2, 1, 1, 7)]
    assert list(packed.of([9])) == []
    assert (
        sorted(packed.of({2, 3})) == sorted(PackedRules(packed.packed).of({2, 3})) == sorted(rule[1:] for rule in rules)
    )
    assert list(packed) == rules


def bitmap(*nodes):
    return struct.pack("<III", 64, 64, len(nodes)) + b"".join(struct.pack("<IQ", *node) for node in nodes)


def test_sets_are_those_that_a_cursor_reads():
    data = bitmap() + bitmap((0, 5), (128, 1 << 63)) + bitmap((64, 1)) + b"rest"
    cursor = Cursor(data, "trial")
    sets = LazyBitmaps(cursor, 3)
    assert list(sets) == [0, 5 | 1 << 191, 1 << 64]
    assert sets[1:] == [5 | 1 << 191, 1 << 64]
    assert data[cursor.position :] == b"rest"


@pytest.mark.parametrize("data", [bitmap((0x10000, 1)), bitmap((0xFF000000, 1)), bitmap((0, 1))[:-1], b"short"])
def test_a_set_that_makes_no_sense_is_an_error_at_once(data):
    with pytest.raises(PolicyError):
        LazyBitmaps(Cursor(data, "trial"), 1)
