"""Groups: exact, mergeable, bounded."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.group.distinct import Distinct
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Context, Denial, EventId


def denial(number: int, source: int, name: int, permission: str = "read", comm: str = "x") -> Denial:
    return Denial(
        event=EventId("", 1000 * number, number),
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


@given(PICKS, st.integers(0, 60))
def test_two_halves_merge_into_the_whole(picks: list[tuple[int, int, str, str]], cut: int) -> None:
    denials = [denial(number, *pick) for number, pick in enumerate(picks)]
    whole, first, second = Grouper(), Grouper(), Grouper()
    for one in denials:
        whole.add(one)
    for one in denials[:cut]:
        first.add(one)
    for one in denials[cut:]:
        second.add(one)
    first.merge(second)
    assert first.groups() == whole.groups()


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


def test_further_groups_are_counted_but_not_kept() -> None:
    grouper = Grouper(most_groups=2)
    for number in range(5):
        grouper.add(denial(number, number, 1))
    assert len(grouper.groups()) == 2
    assert grouper.not_kept == 3


def test_examples_bring_something_new() -> None:
    grouper = Grouper()
    for number in range(50):
        grouper.add(denial(number, 1, 1, comm="same"))
    grouper.add(denial(50, 1, 1, comm="other"))
    (group,) = grouper.groups()
    assert [example.comm for example in group.examples] == ["same", "other"]
    assert group.count == 51


def test_a_name_takes_the_path_another_event_told_of_its_inode() -> None:
    named = replace(denial(1, 1, 1), device="dm-0", inode=7, name="my.cnf", raw_name="my.cnf")
    told = replace(denial(2, 1, 1, "open"), device="dm-0", inode=7, name="", path="/etc/my.cnf", raw_path="/etc/my.cnf")
    other = replace(named, inode=8, permissions=("write",))
    grouper = Grouper()
    for one in (named, told, other):
        grouper.add(one)
    (group,) = grouper.groups()
    assert [example.raw_path for example in group.examples] == ["/etc/my.cnf", "/etc/my.cnf", ""]
