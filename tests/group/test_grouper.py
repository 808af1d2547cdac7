"""Groups: exact, mergeable, bounded."""

from __future__ import annotations

import pickle
import random
from dataclasses import replace
from typing import Iterable

from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.group.distinct import Distinct
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Context, Denial, EventId, HostSeen


def denial(number: int, source: int, name: int, permission: str = "read", comm: str = "x") -> Denial:
    return Denial(
        event=EventId(("", "web1", "web2")[number % 3], 1000 * number, number),
        record_type="AVC",
        permissions=(permission,),
        source=Context("system_u", "system_r", f"s{source}_t", "s0"),
        target=Context("system_u", "object_r", "t_t", f"s0:c{name}"),
        tclass="file",
        permissive=number % 3 == 0,
        comm=comm,
        name=f"file{name}",
    )


PICKS = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 600), st.sampled_from(["read", "write", "open"]), st.sampled_from("abcdefg")
    ),
    max_size=60,
)


@given(PICKS, st.randoms(use_true_random=False))
def test_parts_merge_into_the_whole_in_whatever_order(
    picks: list[tuple[int, int, str, str]], pick: random.Random
) -> None:
    """Of a log, of several hosts, in a row or in a tree: the groups are the same, and so are their examples."""
    denials = [denial(number, *one) for number, one in enumerate(picks)]
    whole = gathered(denials)
    parts: list[list[Denial]] = [[], [], [], []]
    for one in denials:
        pick.choice(parts).append(one)
    pick.shuffle(parts)
    one, two, three, four = (pickle.loads(pickle.dumps(gathered(part))) for part in parts)  # noqa: S301 - our own
    one.merge(two)
    three.merge(four)
    one.merge(three)
    assert plain(one) == plain(whole)
    assert one.hosts() != whole.hosts() or one.groups() == whole.groups()


def gathered(denials: Iterable[Denial]) -> Grouper:
    grouper = Grouper()
    for one in denials:
        grouper.add(one)
    return grouper


def plain(grouper: Grouper) -> list[object]:
    """The groups, with the names of their hosts instead of numbers."""
    names = grouper.hosts()
    return [
        (replace(group, host_set=0), {name for place, name in enumerate(names) if group.host_set >> place & 1})
        for group in grouper.groups()
    ]


def test_hosts_are_counted_and_split_no_group() -> None:
    grouper = Grouper(host="here")
    for number, host in enumerate(["a", "b", "a", "", "a"]):
        grouper.add(replace(denial(number, 1, 1), event=EventId(host, number, number)))
    (group,) = grouper.groups()
    assert (group.count, group.host_count, group.node) == (5, 3, "")
    assert group.hosts == (HostSeen("a", 3, 0, 4), HostSeen("b", 1, 1, 1), HostSeen("here", 1, 3, 3))
    assert grouper.hosts() == ("a", "b", "here")


def test_the_number_of_hosts_is_exact_when_only_some_are_shown() -> None:
    first, second = Grouper(), Grouper()
    for number in range(3000):
        one = replace(denial(number, 1, 1), event=EventId(f"host{number % 2500}", number, number))
        (first if number < 2000 else second).add(one)
    turned = pickle.loads(pickle.dumps(second))  # noqa: S301 - our own
    turned.merge(first)
    first.merge(second)
    (group,), (other,) = first.groups(), turned.groups()
    assert (group.host_count, len(group.hosts)) == (2500, 1024)
    assert group.hosts == other.hosts
    assert all(seen.seen == (2 if int(seen.name[4:]) < 500 else 1) for seen in group.hosts)


def test_what_somebody_wrote_is_no_part_of_what_the_kernel_told() -> None:
    told = replace(denial(1, 1, 1), provenance="kernel", device="d", inode=7, name="x", raw_name="x")
    forged = replace(told, provenance="text", path="/etc/x", raw_path="/etc/x")
    groups = gathered([told, forged]).groups()
    assert [(group.provenance, group.examples[0].raw_path) for group in groups] == [("kernel", ""), ("text", "/etc/x")]


@given(st.lists(st.integers(0, 400), max_size=300), st.integers(0, 300))
def test_distinct_values_merge_exactly_when_some_are_cut(values: list[int], cut: int) -> None:
    whole, first, second = Distinct(8), Distinct(8), Distinct(8)
    for number, value in enumerate(values):
        whole.add(str(value))
        (first if number < cut else second).add(str(value))
    first.merge(second)
    assert first.most_seen() == whole.most_seen()
    assert first.cut == whole.cut
    assert len(whole.seen) <= 8
    assert all(values.count(int(value)) == seen for value, seen in whole.most_seen())


def test_the_rarest_groups_are_put_together_by_class() -> None:
    grouper = Grouper(most_groups=6)
    for number in range(9):
        for _ in range(number + 1):
            grouper.add(denial(number, number, 1, "read" if number % 2 else "write"))
    groups, (rest,) = grouper.groups(), grouper.rest()
    assert [(group.source, group.count) for group in groups] == [
        (f"s{number}_t", number + 1) for number in range(8, 2, -1)
    ]
    assert (rest.tclass, rest.groups, rest.count) == ("file", 3, 6)
    assert rest.permissions == {"read": 2, "write": 4}
    assert (rest.first, rest.last) == (0, 2000)
    assert grouper.folded == 6


def test_examples_bring_something_new() -> None:
    grouper = Grouper()
    for number in range(50):
        grouper.add(denial(number, 1, 1, comm="same"))
    grouper.add(denial(50, 1, 1, comm="other"))
    (group,) = grouper.groups()
    assert [example.comm for example in group.examples] == ["same", "other"]
    assert group.count == 51


def test_a_name_takes_the_path_another_event_told_of_its_inode() -> None:
    named = replace(denial(0, 1, 1), device="dm-0", inode=7, name="my.cnf", raw_name="my.cnf")
    told = replace(denial(3, 1, 1, "open"), device="dm-0", inode=7, name="", path="/etc/my.cnf", raw_path="/etc/my.cnf")
    other = replace(named, event=EventId("", 9000, 9), inode=8, permissions=("write",))
    grouper = Grouper()
    for one in (named, told, other):
        grouper.add(one)
    (group,) = grouper.groups()
    assert [example.raw_path for example in group.examples] == ["/etc/my.cnf", "/etc/my.cnf", ""]
