"""The set of remedies that ends a whole log: every incident is covered, nothing is done that could be left out."""

from __future__ import annotations

from itertools import combinations
from typing import FrozenSet, List, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from avcdoctor.host import Host
from avcdoctor.model import Action, Finding, Group, Incident, Remedy, Simulation
from avcdoctor.remedies import cover
from tests.denials import denied, explained
from tests.remedies.corpus import BY_KIND

Choices = List[FrozenSet[str]]


def incident(number: int, choices: Choices, after: str = "allowed") -> Incident:
    """An incident whose remedies are sets of commands."""
    group = Group(f"s{number}_t", "t_t", "file", {"read": 1}, 1)
    remedies = tuple(
        Remedy("boolean", "turn it", "review", True, 1, Simulation("denied", after, "so"), groups=(group.key,),
               actions=tuple(Action("boolean-set", ("setsebool", "-P", name, "on")) for name in sorted(names)))
        for names in choices
    )  # fmt: skip
    return Incident(f"i{number}", Finding("boolean", "title", "why", (group,)), remedies)


def commands(incidents: List[Incident], chosen: Tuple[Tuple[str, int], ...]) -> FrozenSet[Tuple[str, ...]]:
    by_id = {one.id: one for one in incidents}
    return frozenset(action.argv for name, index in chosen for action in by_id[name].remedies[index].actions)


def covered(incidents: List[Incident], chosen: Tuple[Tuple[str, int], ...]) -> bool:
    """Whether every incident has a remedy all of whose commands are among those chosen."""
    done = commands(incidents, chosen)
    return all(any({a.argv for a in one.actions} <= done for one in each.remedies) for each in incidents)


SETS = st.lists(
    st.lists(st.frozensets(st.sampled_from("abcd"), min_size=1, max_size=2), min_size=1, max_size=2),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(SETS)
def test_everything_is_covered_and_nothing_could_be_left_out(sets: List[Choices]) -> None:
    incidents = [incident(number, choices) for number, choices in enumerate(sets)]
    chosen = cover(incidents)
    assert covered(incidents, chosen)
    assert not any(covered(incidents, fewer) for fewer in combinations(chosen, len(chosen) - 1))


def test_a_remedy_that_another_includes_is_left_out() -> None:
    parts = [incident(1, [frozenset("a")]), incident(2, [frozenset("b")]), incident(3, [frozenset("ab")])]
    assert cover(parts) == (("i3", 0),)


def test_the_preferred_remedy_is_taken_unless_another_is_done_anyway() -> None:
    wide = incident(1, [frozenset("n"), frozenset("w")])
    assert cover([wide]) == (("i1", 0),)
    assert cover([wide, incident(2, [frozenset("w")])]) == (("i2", 0),)


def test_a_remedy_in_words_stands_for_itself() -> None:
    one = incident(1, [frozenset()])
    assert cover([one, incident(2, [frozenset("a")])]) == (("i1", 0), ("i2", 0))


def test_what_helps_nothing_is_not_chosen() -> None:
    assert cover([incident(1, [frozenset("a")], "denied")]) == ()


def test_what_rightly_stays_denied_is_not_part_of_it(system: Host) -> None:
    report = explained(BY_KIND["keep-denied"], system)
    assert report.cover == ()


def test_one_boolean_for_two_services_is_turned_once(system: Host) -> None:
    log = denied("httpd_t", "mysqld_port_t", "tcp_socket", "name_connect", comm="php-fpm", dest=3306)
    log += denied(
        "httpd_sys_script_t", "mysqld_port_t", "tcp_socket", "name_connect", comm="a.cgi", dest=3306, serial=2
    )
    report = explained(log, system)
    assert len(report.incidents) == 2
    assert report.incidents[0].remedies[0].actions == report.incidents[1].remedies[0].actions
    assert len(report.cover) == 1


def test_a_mixed_log_names_each_remedy_once(system: Host) -> None:
    logs = [BY_KIND[kind] for kind in ("restorecon", "boolean", "port", "fcontext")]
    log = "".join(text.replace("000:1)", f"000:{number})") for number, text in enumerate(logs, 1))
    report = explained(log, system)
    assert sorted(report.cover) == sorted((one.id, 0) for one in report.incidents)
