"""One question and one answer: every reason why an access is refused, each from one policy."""

from __future__ import annotations

from dataclasses import replace
from typing import FrozenSet, Iterable, Tuple

import pytest

from avcdoctor.host.ask import Answer, Question, ask
from avcdoctor.host.policy import Policy
from avcdoctor.model import Context, Denial, EventId, Group

HTTPD = Context("system_u", "system_r", "httpd_t", "s0")
CONTENT = Context("system_u", "object_r", "content_t", "s0")


def question(source: str, target: str, tclass: str, *permissions: str) -> Question:
    return Question(source, target, tclass, frozenset(permissions))


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (question("httpd_t", "content_t", "file", "read", "open"), "allowed"),
        (question("httpd_t", "content_t", "file", "write"), "type"),
        (question("httpd_t", "home_t", "file", "read"), "boolean"),
        (question("httpd_t", "noisy_t", "file", "write"), "dontaudit"),
        (question("httpd_t", "noisy_t", "file", "write", "read"), "type"),
        (question("nobody_t", "content_t", "file", "read"), "unknown-type"),
        (question("httpd_t", "content_t", "packet", "send"), "unknown-class"),
        (question("httpd_t", "content_t", "file", "watch"), "unknown-permission"),
        (replace(question("httpd_t", "device_t", "file", "ioctl"), ioctls=frozenset({0x5402})), "allowed"),
        (replace(question("httpd_t", "device_t", "file", "ioctl"), ioctls=frozenset({0x5402, 0x9999})), "ioctl"),
        (
            replace(
                question("httpd_t", "content_t", "file", "read"),
                contexts=((HTTPD, CONTENT), (HTTPD, CONTENT._replace(level="s0:c1"))),
            ),
            "constraint",
        ),
    ],
)
def test_each_reason_is_told(tiny: Policy, asked: Question, reason: str) -> None:
    answer = Answer(asked, tiny)
    assert answer.reason == reason
    unknown = reason.startswith("unknown")
    assert answer.allowed is (None if unknown else reason == "allowed")
    assert bool(answer.detail) is (unknown or reason in ("constraint", "ioctl"))
    assert answer.in_spite_of_rules is (reason in ("constraint", "ioctl"))


def test_booleans_and_rules_of_a_plan_are_counted(tiny: Policy) -> None:
    home = question("httpd_t", "home_t", "file", "read")
    assert Answer(home, tiny).allowed is False
    assert Answer(home, tiny).booleans == ((("can_read_home", True),),)
    assert Answer(home.with_booleans({"can_read_home": True}), tiny).allowed is True
    written = replace(question("httpd_t", "content_t", "file", "write"), added=frozenset({"write"}))
    assert Answer(written, tiny).allowed is True
    numbers = replace(question("httpd_t", "device_t", "file", "ioctl"), ioctls=frozenset({0x5402, 0x9999}))
    assert Answer(numbers, tiny).detail == "ioctl 0x9999 is in no allowxperm rule"
    assert Answer(replace(numbers, added_ioctls=((0x9000, 0x9999),)), tiny).allowed is True


def test_what_a_type_s_bounds_take_away_is_not_allowed(tiny: Policy) -> None:
    read, looked = question("child_t", "content_t", "file", "read"), question("child_t", "home_t", "file", "getattr")
    assert Answer(read, tiny).allowed is True
    answer = Answer(replace(read, permissions=frozenset({"write"}), added=frozenset({"write"})), tiny)
    assert (answer.reason, answer.outside) == ("bounds", {"write"})
    assert "httpd_t may not write either" in answer.detail
    assert Answer(looked, tiny).allowed is True


def test_without_a_policy_nothing_is_known() -> None:
    answer = ask(question("httpd_t", "content_t", "file", "read"), (None,))
    assert (answer.known, answer.allowed, answer.by_types, answer.policy) == (False, None, None, None)
    assert answer.reason == "unknown-type"
    assert ask(question("httpd_t", "content_t", "file", "read"), ()).allowed is None


def test_the_first_policy_that_knows_the_types_answers(tiny: Policy, debian: Policy) -> None:
    asked = question("httpd_t", "content_t", "file", "read")
    assert ask(asked, (None, debian, tiny)).policy is tiny
    assert ask(question("httpd_t", "httpd_t", "process", "signal"), (debian, tiny)).policy is debian


def _denial(level: str, ioctl: int) -> Denial:
    target = CONTENT._replace(level=level)
    return Denial(EventId(), "AVC", ("ioctl",), HTTPD, target, "file", ioctl=ioctl)


def test_a_group_asks_with_the_contexts_and_numbers_it_saw() -> None:
    examples: Iterable[Denial] = (_denial("s0:c1", 0x5401), _denial("s0:c1", 0x5402), _denial("s0:c2", 0x5401))
    group = Group("httpd_t", "content_t", "file", {"ioctl": 3}, 3, examples=tuple(examples))
    asked = Question.of(group, target="home_t")
    levels: Tuple[str, ...] = tuple(target.level for _, target in asked.contexts)
    assert levels == ("s0:c1", "s0:c2")
    assert {target.type for _, target in asked.contexts} == {"home_t"}
    numbers: FrozenSet[int] = frozenset({0x5401, 0x5402})
    assert (asked.ioctls, asked.permissions) == (numbers, {"ioctl"})
    assert Question.of(replace(group, permissions={"read": 3})).ioctls == frozenset()
