"""A local module may only hold named allow and dontaudit rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.actions.cil import accesses, check_module
from avcdoctor.errors import PlanError


def test_rules_are_read() -> None:
    source = """; made by hand
    (typeattributeset cil_gen_require keepalived_t)
    (allow keepalived_t ping_exec_t (file (getattr open)))
    (dontaudit a_t self (capability (net_admin)))
    (allowx a_t b_t (ioctl tcp_socket ((range 0x8910 0x8920) 0x1))))
    """.replace("0x1))))", "0x1)))")
    found = [str(access) for access in accesses(source)]
    assert found[0] == "allow keepalived_t ping_exec_t:file { getattr open };"
    assert found[1] == "dontaudit a_t self:capability { net_admin };"
    assert found[2].startswith("allow a_t b_t:tcp_socket { ioctl } ((range 0x8910 0x8920) 0x1)")


@pytest.mark.parametrize(
    "source",
    [
        "(typepermissive httpd_t)",
        "(typeattributeset domain (httpd_t))",
        "(typeattributeset unconfined_domain_type (cil_gen_require))",
        "(roletype system_r evil_t)",
        "(type new_t)",
        "(typetransition a_t b_t process c_t)",
        "(booleanif x (true (allow a_t b_t (file (read)))))",
        "(boolean x true)",
        "(handleunknown allow)",
        "(neverallow a_t b_t (file (read)))",
        "(block b (allow a_t b_t (file (read))))",
        "(in x (allow a_t b_t (file (read))))",
        "(allow a_t b_t (all))",
        "(allow a_t b_t (file (all)))",
        "(allow a_t b_t (file (not (read))))",
        "(allow a_t b_t (file ()))",
        "(allow a_t (and b_t c_t) (file (read)))",
        "(allow all b_t (file (read)))",
        "(allow a_t b_t classmap)",
        "(allow a_t b_t (file (read)) extra)",
        "allow",
        "((allow a_t b_t (file (read))))",
        "(allow a_t b_t (file (read))",
        "(allow a_t b_t (file (read))))",
        "()",
        '("allow" a_t b_t (file (read)))',
        "(permissive a_t)",
        "(optional o (typepermissive a_t))",
    ],
)
def test_everything_else_is_refused(source: str) -> None:
    with pytest.raises(PlanError):
        accesses(source)


@pytest.mark.parametrize("name", ["openvpn", "avcdoctor_", "avcdoctor_a b", "avcdoctor_../x", "Avcdoctor_x", ""])
def test_a_name_that_could_hide_a_policy_module_is_refused(name: str) -> None:
    with pytest.raises(PlanError, match="no name"):
        check_module(name, "(allow a_t b_t (file (read)))")


def test_an_empty_module_is_refused() -> None:
    with pytest.raises(PlanError, match="no rule"):
        check_module("avcdoctor_x", "; nothing\n")


@given(st.text(alphabet='()allowtyperm_ \n;"\\dontaudit{}x', max_size=200))
def test_any_text_gives_rules_or_a_plan_error(source: str) -> None:
    try:
        found = accesses(source)
    except PlanError:
        return
    assert all(rule.effect in ("allow", "dontaudit") and rule.permissions for rule in found)
    assert "permissive" not in "".join(str(rule) for rule in found)


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    with pytest.raises(PlanError):
        accesses("(" * 100_000 + ")" * 100_000)
