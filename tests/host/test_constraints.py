from __future__ import annotations

from avcdoctor.host.policy import Policy
from avcdoctor.model import Context

HTTPD = Context("system_u", "system_r", "httpd_t", "s0")
CONTENT = Context("system_u", "object_r", "content_t", "s0")


def test_a_level_that_is_not_dominated(tiny: Policy) -> None:
    (found,) = tiny.refusals(HTTPD, CONTENT._replace(level="s0:c1"), "file", ["read", "open"])
    assert found.permissions == ("read",)  # open is not constrained
    assert found.text == "constrain file { read } ((h1 dom h2 (failed) or t1 == { kernel_t } (failed)))"
    assert found.compares == ("level",)


def test_met_and_unrelated_constraints_refuse_nothing(tiny: Policy) -> None:
    assert tiny.refusals(HTTPD._replace(level="s0-s0:c1"), CONTENT._replace(level="s0:c1"), "file", ["read"]) == ()
    assert tiny.refusals(HTTPD.with_type("kernel_t"), CONTENT._replace(level="s0:c1"), "file", ["read"]) == ()
    assert tiny.refusals(HTTPD, CONTENT._replace(level="s0:c1"), "file", ["getattr"]) == ()
    assert tiny.refusals(HTTPD, CONTENT, "nothing", ["read"]) == ()
    assert tiny.refusals(HTTPD.with_type("nothing_t"), CONTENT, "file", ["read"]) == ()


def test_users_are_compared(tiny: Policy) -> None:
    other = Context("web_u", "web_r", "script_t", "s0")
    (found,) = tiny.refusals(HTTPD, other, "process", ["dyntransition"])
    assert (found.compares, found.text) == (("user",), "constrain process { dyntransition } (u1 == u2 (failed))")


def test_bounds_and_roles_without_the_binding(tiny: Policy, monkeypatch: object) -> None:
    assert tiny.within_bounds("child_t", "content_t", "file") == {"read", "getattr"}
    assert tiny.within_bounds("httpd_t", "content_t", "file") == {"getattr", "read", "open"}
