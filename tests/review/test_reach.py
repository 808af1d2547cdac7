"""What a remedy makes reachable, compared with setools on Debian's policy."""

from __future__ import annotations

from typing import Any, Set

import pytest

from avcdoctor import api
from avcdoctor.host import Host
from avcdoctor.review.reach import Overlay, paths, reach, rules_of, sentences, with_reach

DOMAINS = ("httpd_t", "sshd_t", "named_t", "user_t")


@pytest.mark.policy
@pytest.mark.bindings
@pytest.mark.slow
def test_one_step_is_what_setools_says(debian_system: Host) -> None:
    import setools  # noqa: PLC0415 - likewise

    ours = debian_system.policy
    assert ours is not None
    theirs = setools.SELinuxPolicy(str(ours.path))
    for source in DOMAINS:
        # setools counts what any setting of the booleans allows, so every setting has its say here
        settings = [{}, dict.fromkeys(ours.booleans, True), dict.fromkeys(ours.booleans, False)]
        found = [set(Overlay(ours, booleans=one).enters(source)) for one in settings]
        expected = analysis(setools, theirs, source) - {source}
        assert set.union(*found) == expected, source
        assert found[0] <= expected


def analysis(setools: Any, policy: Any, source: str) -> Set[str]:
    """The domains that setools says a domain enters, by whichever interface it has (4.4, or 4.6 and later)."""
    kind = setools.DomainTransitionAnalysis
    if hasattr(kind, "transitions"):
        steps = kind(policy).transitions(source)
    else:
        steps = kind(policy, source=source, mode=kind.Mode.TransitionsOut).results()
    return {str(step.target) for step in steps}


@pytest.mark.policy
def test_a_rule_that_opens_a_door(debian_system: Host) -> None:
    policy = debian_system.policy
    assert policy is not None
    before = paths(Overlay(policy), "named_t", 1)
    assert "passwd_t" not in before
    extra = {
        ("named_t", "passwd_t", "process"): frozenset({"transition"}),
        ("named_t", "passwd_exec_t", "file"): frozenset({"execute", "read", "open"}),
        ("named_t", "named_t", "process"): frozenset({"setexec"}),
    }
    found = reach(policy, "named_t", extra, {})
    assert ("named_t", "passwd_t") in found.domains
    assert any(name == "shadow_t" for name, _ in found.secrets)
    told = sentences(found)
    assert len(told) <= 3
    assert "passwd_t" in told[0]


@pytest.mark.policy
def test_a_harmless_rule_opens_nothing(debian_system: Host) -> None:
    policy = debian_system.policy
    assert policy is not None
    found = reach(policy, "named_t", {("named_t", "httpd_sys_content_t", "file"): frozenset({"read"})}, {})
    assert sentences(found) == ("reach: no new domain and no secret within 3 steps",)


@pytest.mark.policy
def test_a_boolean_is_laid_over_the_policy(debian_system: Host) -> None:
    policy = debian_system.policy
    assert policy is not None
    more = policy.boolean_grants({"httpd_can_network_connect_db": True}, "httpd_t")
    assert "name_connect" in more[("mysqld_port_t", "tcp_socket")]
    assert (
        policy.boolean_grants(
            {"httpd_can_network_connect_db": policy.booleans["httpd_can_network_connect_db"]}, "httpd_t"
        )
        == {}
    )
    over = Overlay(policy, booleans={"httpd_can_network_connect_db": True})
    assert "mysqld_port_t" in over.targets("httpd_t", "tcp_socket", "name_connect")


def test_rules_of_a_text_that_is_no_module_of_ours() -> None:
    assert rules_of("(typepermissive httpd_t)") == {}
    assert rules_of("(allow a_t self (process (fork)))(dontaudit a_t b_t (file (read)))") == {
        ("a_t", "a_t", "process"): frozenset({"fork"})
    }


@pytest.mark.policy
def test_a_report_says_it_of_booleans_and_modules(debian_system: Host, tmp_path: Any) -> None:
    log = tmp_path / "audit.log"
    log.write_text(
        'type=AVC msg=audit(1700000000.000:1): avc:  denied  { name_connect } for  pid=1 comm="php" dest=3306 '
        "scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:mysqld_port_t:s0 tclass=tcp_socket\n"
    )
    report = with_reach(api.explain([str(log)], host=debian_system), debian_system)
    boolean = next(one for one in report.incidents[0].remedies if one.kind == "boolean")
    assert any(text.startswith("reach:") for text in boolean.grants)
