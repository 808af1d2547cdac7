"""Verdicts on modules as people write them, asked of Debian's own policy."""

from __future__ import annotations

import pytest

from avcdoctor import api
from avcdoctor.host import Host
from avcdoctor.review.judge import meaning, review, smaller
from avcdoctor.review.model import Judged, ModuleReview, Rule
from avcdoctor.review.sources import read_module

READ = "getattr open read"
CASES = [
    # audit2allow's answers to kinds of denials that have a better one
    ("allow httpd_t mysqld_port_t:tcp_socket name_connect;", "better-way", "boolean"),
    ("allow httpd_t postgresql_port_t:tcp_socket name_connect;", "better-way", "boolean"),
    (f"allow httpd_t user_home_t:file {{ {READ} }};", "better-way", ""),
    (f"allow httpd_t default_t:file {{ {READ} }};", "better-way", "fcontext"),
    ("allow httpd_t var_t:dir { write add_name };", "redundant", ""),
    ("allow httpd_t nfs_t:file { getattr open read };", "better-way", "boolean"),
    ("allow httpd_t self:process execmem;", "dangerous", ""),
    ("allow ftpd_t user_home_t:file { getattr open read };", "better-way", "boolean"),
    ("allow keepalived_t ping_exec_t:file { execute execute_no_trans getattr map open read };", "needed", ""),
    ("allow zabbix_agent_t sshd_t:process getattr;", "needed", ""),
    # what the policy has already
    ("allow httpd_t self:tcp_socket create;", "redundant", ""),
    (f"allow httpd_t httpd_sys_content_t:file {{ {READ} }};", "redundant", ""),
    ("dontaudit httpd_t self:tcp_socket create;", "harmless", ""),
    # too wide
    ("allow httpd_t file_type:file { getattr open read };", "dangerous", ""),
    ("allow domain etc_t:file write;", "dangerous", ""),
    ("allow httpd_t self:capability sys_admin;", "dangerous", ""),
    ("allow httpd_t self:capability { dac_override sys_module };", "dangerous", ""),
    ("allow httpd_t unconfined_t:process transition;", "dangerous", ""),
    # secrets, and hiding that somebody reaches for them
    (f"allow httpd_t shadow_t:file {{ {READ} }};", "dangerous", ""),
    ("dontaudit httpd_t shadow_t:file read;", "dangerous", ""),
    ("allow httpd_t security_t:security setenforce;", "dangerous", ""),
]


def judged(text: str, host: Host) -> ModuleReview:
    return review(read_module(text.encode(), "local.te"), host, api.knowledge())


@pytest.mark.policy
@pytest.mark.parametrize(("text", "verdict", "kind"), CASES, ids=[text for text, _, _ in CASES])
def test_verdicts(text: str, verdict: str, kind: str, debian_system: Host) -> None:
    [one] = judged(text, debian_system).judged
    assert one.verdict == verdict, one
    if kind:
        assert one.kind == kind
    assert one.why and one.means


@pytest.mark.policy
def test_a_module_is_made_smaller(debian_system: Host) -> None:
    found = judged(
        "".join(text for text, _, _ in CASES if "dontaudit" not in text and "domain" not in text), debian_system
    )
    assert found.verdict == "shrink"
    assert "keepalived_t ping_exec_t" in found.smaller
    for word in ("shadow_t", "sys_admin", "mysqld_port_t", "httpd_sys_content_t"):
        assert word not in found.smaller
    again = judged_cil(found.smaller, debian_system)
    assert {one.verdict for one in again.judged} == {"needed"}
    assert again.verdict == "keep"


def judged_cil(text: str, host: Host) -> ModuleReview:
    return review(read_module(text.encode(), "local.cil"), host, api.knowledge())


@pytest.mark.policy
def test_statements_that_open_more_than_a_rule(debian_system: Host) -> None:
    found = judged_cil("(typepermissive httpd_t)(typeattributeset domain (httpd_t))(boolean b true)", debian_system)
    assert [one.verdict for one in found.judged] == ["dangerous", "dangerous", "harmless"]
    assert found.verdict == "remove"


@pytest.mark.policy
def test_what_no_policy_knows_is_not_judged(debian_system: Host) -> None:
    found = judged_cil("(type own_t)(allow own_t etc_t (file (read)))(allow odd_t etc_t (file (read)))", debian_system)
    assert [one.verdict for one in found.judged] == ["unknown", "unknown"]
    assert found.verdict == "unknown"
    assert found.smaller == ""


def test_without_any_policy_nothing_is_called_needed_or_redundant(no_policy: Host) -> None:
    found = judged_cil("(allow httpd_t etc_t (file (write)))", no_policy)
    assert [one.verdict for one in found.judged] == ["unknown"]


def test_a_rule_in_words() -> None:
    rule = Rule("allow", "httpd_t", "shadow_t", "file", frozenset({"read"}))
    assert meaning(rule) == "programs in httpd_t may read a file of type shadow_t"


def test_a_hostile_name_never_reaches_the_smaller_module() -> None:
    rule = Rule("allow", "a\x1b_t", "b_t", "file", frozenset({"read"}))
    assert smaller([Judged("", "needed", "", "", rule=rule, keeps=frozenset({"read"}))]) == ""


@pytest.mark.policy
def test_a_better_way_that_was_not_checked_says_so(debian_system: Host) -> None:
    for text, verdict, _ in CASES:
        for one in judged(text, debian_system).judged:
            if verdict == "better-way" and one.kind == "boolean":
                assert "Not checked" not in one.why  # the policy was asked with the boolean's other value
