"""Loops are judged by what the records say, read without avcdoctor's own reader."""

from __future__ import annotations

import shlex
from dataclasses import replace

from lab.case import Case
from lab.guest import Answer, Guest
from lab.loop import Outcome, accesses, as_named_here, incident_of, unknown_place
from lab.run import line

RECORDS = """\
type=AVC msg=audit(1.0:1): avc:  denied  { read open } for  pid=1 comm="nginx" name="a" dev="vda" ino=7 scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:var_t:s0 tclass=file permissive=0
type=USER_AVC msg=audit(1.1:2): pid=1 uid=0 msg='avc:  denied  { stop } for auid=n/a uid=0 scontext=u:r:user_t:s0-s0:c0.c1023 tcontext=u:r:x_unit_t:s0 tclass=service permissive=0 exe="/x"'
type=AVC msg=audit(1.2:3): avc:  granted  { read } for  pid=1 scontext=a:b:c_t:s0 tcontext=a:b:d_t:s0 tclass=file
"""  # noqa: E501 - records as the kernel writes them


def case() -> Case:
    return Case("one", "small", "nginx", ("httpd_t", "var_t", "file"), "fcontext", "true")


def test_denied_accesses_are_read_from_records() -> None:
    assert accesses(RECORDS) == {
        ("httpd_t", "var_t", "file", "read"),
        ("httpd_t", "var_t", "file", "open"),
        ("user_t", "x_unit_t", "service", "stop"),
    }


def test_the_incident_with_the_denial_is_found() -> None:
    groups = [{"source": "httpd_t", "target": "var_t", "tclass": "file"}]
    report = {"incidents": [{"id": "x", "groups": []}, {"id": "y", "groups": groups}]}
    found = incident_of(report, case())
    assert found is not None and found["id"] == "y"
    assert incident_of({"incidents": []}, case()) is None


class Labels(Guest):
    """A guest whose policy has a label of its own for /etc/bind, and of which only that is asked."""

    def __init__(self) -> None:
        pass

    def run(self, script: str, seconds: float = 120) -> Answer:
        places = shlex.split(script)[2:]
        types = ["named_zone_t" if place.startswith("/etc/bind/") else "etc_t" for place in places]
        return Answer(0, "".join(f"system_u:object_r:{one}:s0\n" for one in types))


def test_a_place_that_the_policy_does_not_know_is_told() -> None:
    placed = [replace(case(), place=place) for place in ("", "/etc/bind/db.lab", "/etc/nsd/db.lab")]
    assert [unknown_place(Labels(), one) for one in placed] == [(), (), ("/etc/nsd/db.lab",)]


def test_another_policy_may_name_the_object_otherwise() -> None:
    read, log = ("httpd_t", "content_t", "file", "read"), ("httpd_t", "log_t", "dir", "write")
    assert as_named_here(case(), frozenset({read, log})).denied == ("httpd_t", "content_t", "file")
    assert as_named_here(case(), frozenset({log})).denied == ("httpd_t", "log_t", "dir")  # it came a step further there
    two = frozenset({read, ("httpd_t", "log_t", "file", "append")})
    other = frozenset({log, ("httpd_t", "log_t", "lnk_file", "read")})
    stranger = frozenset({("redis_t", "log_t", "file", "read")})
    assert all(as_named_here(case(), one) == case() for one in (two, other, stranger))


def test_a_fault_makes_a_loop_fail_and_is_said() -> None:
    good, bad = Outcome(case(), "small", False), Outcome(case(), "small", True, faults=["still refused"])
    assert good.passed and line(good).startswith("ok ")
    assert not bad.passed and "still refused" in line(bad) and "with rule" in line(bad)
