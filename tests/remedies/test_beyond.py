"""A boolean that only opens the first directory of a path promises nothing for what lies behind it."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from avcdoctor.model import Remedy
from avcdoctor.remedies.beyond import steps
from tests.denials import Touched, denied, diagnosed, reading_of

HOME = "/home/alice"


def log(goal: str, call: str = "openat", path: str = HOME) -> str:
    touched = [Touched(goal, type="user_home_dir_t")] if goal else []
    return denied("httpd_t", "user_home_dir_t", "dir", "search", comm="nginx", path=path, call=call, touched=touched)


def booleans(host: Host, goal: str, call: str = "openat") -> dict[str, Remedy]:
    found = [one for one in diagnosed(log(goal, call), host).remedies if one.kind == "boolean"]
    return {str(one.actions[0].parameters["name"]): one for one in found}


def test_the_boolean_for_other_content_is_not_offered(system: Host) -> None:
    assert set(booleans(system, f"{HOME}/public_html/page.html")) == {"httpd_enable_homedirs"}
    assert set(booleans(system, f"{HOME}/report.txt")) == {"httpd_read_user_content"}


def test_without_the_rest_of_the_path_both_are(system: Host) -> None:
    assert set(booleans(system, "")) == {"httpd_enable_homedirs", "httpd_read_user_content"}
    assert len(booleans(system, "/elsewhere/page.html")) == 2


@pytest.mark.parametrize(
    ("goal", "call", "expected"),
    [
        (f"{HOME}/a/b", "openat", [("user_home_t", "dir", {"search"}), ("user_home_t", "file", {"open", "read"})]),
        (f"{HOME}/a/b", "newfstatat", [("user_home_t", "dir", {"search"}), ("user_home_t", "file", {"getattr"})]),
        (f"{HOME}/public_html", "openat", [("httpd_user_content_t", "file", {"open", "read"})]),
        (f"{HOME}/../bob/x", "openat", []),
        ("", "openat", []),
    ],
)
def test_the_steps_of_a_path(system: Host, goal: str, call: str, expected: list[tuple[str, str, set[str]]]) -> None:
    (group,) = reading_of(log(goal, call)).groups
    found = [
        (type_, tclass, set(permissions)) for type_, tclass, permissions in steps(system, group.examples[0], False)
    ]
    assert found == expected


def test_on_the_machine_itself_its_own_files_tell(system: Host) -> None:
    (group,) = reading_of(log(f"{HOME}/a/b")).groups
    assert len(list(steps(system, group.examples[0], True))) == 2  # nothing is there: the policy's labels have to do
