"""Whether a rule's condition holds for a group."""

from typing import Dict, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.knowledge import condition_holds, rule_matches
from avcdoctor.knowledge.schema import Match, Rule
from avcdoctor.model import Context, Denial, EventId, Group, PathRecord


def denial(**fields: object) -> Denial:
    start: Dict[str, object] = {
        "event": EventId(),
        "record_type": "AVC",
        "permissions": ("read", "open"),
        "source": Context("u", "r", "web_t"),
        "target": Context("u", "r", "page_t"),
        "tclass": "file",
    }
    return Denial(**{**start, **fields})  # type: ignore[arg-type]


def group(*denials: Denial) -> Group:
    first = denials[0]
    permissions = {permission: 1 for one in denials for permission in one.permissions}
    return Group(first.source.type, first.target.type, first.tclass, permissions, len(denials), examples=denials)


def nobody(type_: str, attribute: str) -> Optional[bool]:
    return None


def holds(group_: Group, **fields: Tuple[str, ...]) -> bool:
    return condition_holds(Match({name.rstrip("_"): value for name, value in fields.items()}), group_, nobody)


PAGE = denial(
    comm="httpd", path="/srv/a[1].html", port=8080, permissive=False, capability=12, exit="EACCES", syscall="open"
)


@pytest.mark.parametrize(
    ("field", "pattern", "expected"),
    [
        ("source", "web_t", True),
        ("source", "web", False),
        ("source", "*_t", True),
        ("source", "re:(web|ftp)_t", True),
        ("source", "re:we", False),  # the whole value, not a part
        ("target", "page_t", True),
        ("class", "file", True),
        ("class", "fil?", False),  # only * stands for others
        ("permissions", "open", True),
        ("permissions", "write", False),
        ("comm", "httpd", True),
        ("path", "/srv/a[1].html", True),
        ("path", "/srv/a[*].html", True),
        ("path", "/srv/a1.html", False),
        ("name", "a[1].html", True),
        ("port", "8080", True),
        ("capability", "12", True),
        ("exit", "EACCES", True),
        ("syscall", "open", True),
        ("record", "AVC", True),
        ("permissive", "false", True),
        ("permissive", "true", False),
        ("exe", "*", False),  # the record has none
    ],
)
def test_fields(field: str, pattern: str, expected: bool) -> None:
    assert holds(group(PAGE), **{field: (pattern,)}) is expected


def test_one_pattern_of_a_field_is_enough_and_every_field_must_hold() -> None:
    assert holds(group(PAGE), comm=("nginx", "httpd"), source=("web_t",))
    assert not holds(group(PAGE), comm=("nginx", "httpd"), source=("ftp_t",))


def test_fields_of_a_denial_must_hold_for_one_and_the_same_denial() -> None:
    both = group(denial(comm="a", name="x"), denial(comm="b", name="y"))
    assert holds(both, comm=("a",), name=("x",))
    assert not holds(both, comm=("a",), name=("y",))


def test_permissions_are_those_of_the_whole_group() -> None:
    both = group(denial(permissions=("read",)), denial(permissions=("write",), comm="b"))
    assert holds(both, permissions=("write",), comm=("b",))
    assert holds(both, permissions=("read",), comm=("b",))


def test_paths_of_the_event_count_too() -> None:
    seen = denial(name="x", paths=(PathRecord("/etc/x", "/etc/x"),))
    assert holds(group(seen), path=("/etc/x",))


def test_attributes_are_asked_for() -> None:
    asked = []

    def has(type_: str, attribute: str) -> Optional[bool]:
        asked.append((type_, attribute))
        return attribute == "web_domain"

    assert condition_holds(Match({"source": ("@web_domain",)}), group(PAGE), has)
    assert not condition_holds(Match({"target": ("@web_domain_2",)}), group(PAGE), has)
    assert asked == [("web_t", "web_domain"), ("page_t", "web_domain_2")]
    assert not condition_holds(Match({"source": ("@web_domain",)}), group(PAGE), nobody)


def rule(when: Tuple[Match, ...], unless: Tuple[Match, ...] = ()) -> Rule:
    return Rule("T001", "t", "title", "because", when, unless, ())


def test_one_when_is_enough_and_one_unless_forbids() -> None:
    web, ftp = Match({"source": ("web_t",)}), Match({"source": ("ftp_t",)})
    assert rule_matches(rule((ftp, web)), group(PAGE), nobody)
    assert not rule_matches(rule((ftp,)), group(PAGE), nobody)
    assert not rule_matches(rule((web,), (web,)), group(PAGE), nobody)
    assert rule_matches(rule((web,), (ftp,)), group(PAGE), nobody)


def test_a_group_without_examples_matches_by_its_types_only() -> None:
    bare = Group("web_t", "page_t", "file", {"read": 3}, 3)
    assert holds(bare, source=("web_t",), permissions=("read",))
    assert not holds(bare, source=("web_t",), comm=("*",))


@given(st.text(max_size=20), st.text(max_size=20))
def test_hostile_names_never_raise_and_match_themselves(name: str, other: str) -> None:
    seen = group(denial(name=name))
    holds(seen, name=(other.replace("re:", ""),))
    if name and not name.startswith(("re:", "@")):
        assert holds(seen, name=(name,))
