"""The facts for use without a policy: types, ports, domains."""

import pytest

from avcdoctor.knowledge import facts, protected
from avcdoctor.knowledge.facts import PortRange
from avcdoctor.knowledge.tables import document, groups, rows


@pytest.mark.parametrize("type_", ["default_t", "var_t", "user_home_t", "unlabeled_t", "tmp_t", "admin_home_t"])
def test_types_of_nobody_are_generic(type_: str) -> None:
    assert facts.is_generic(type_)


@pytest.mark.parametrize("type_", ["httpd_sys_content_t", "mysqld_db_t", "shadow_t", "container_file_t", "net_conf_t"])
def test_types_with_an_owner_are_not_generic(type_: str) -> None:
    assert not facts.is_generic(type_)


@pytest.mark.parametrize(
    "type_", ["shadow_t", "sshd_key_t", "ssh_home_t", "gpg_secret_t", "samba_secrets_t", "auditd_log_t"]
)
def test_secrets_are_credentials(type_: str) -> None:
    assert protected.is_secret(type_)


@pytest.mark.parametrize(
    "type_", ["cert_t", "passwd_file_t", "etc_t", "httpd_log_t", "sshd_exec_t", "file_context_t", "krb5_keytab_t"]
)
def test_public_types_are_no_credentials(type_: str) -> None:
    assert not protected.is_secret(type_)


def test_groups_use_globs_and_unknown_groups_have_no_member() -> None:
    assert facts.in_group("httpd_log_t", "log")
    assert facts.in_group("sysctl_net_t", "kernel")
    assert not facts.in_group("httpd_t", "no_such_group")


def test_port_types_go_from_the_narrowest_range_to_the_widest() -> None:
    assert facts.port_types("tcp", 8080)[0] == "http_cache_port_t"
    assert facts.port_types("tcp", 3307) == ("unreserved_port_t",)
    assert facts.port_types("tcp", 9999)[0] == "jboss_management_port_t"
    assert facts.port_types("udp", 8080) == ("unreserved_port_t",)


def test_ports_of_a_type() -> None:
    assert facts.ports_of("ssh_port_t") == (PortRange("tcp", 22, 22),)
    assert PortRange("tcp", 5900, 5983) in facts.ports_of("vnc_port_t")
    assert facts.ports_of("nonsense_port_t") == ()


@pytest.mark.parametrize(
    ("port_type", "owner"),
    [
        ("ssh_port_t", "sshd_t"),
        ("mysqld_port_t", "mysqld_t"),
        ("http_port_t", "httpd_t"),
        ("dns_port_t", "named_t"),
        ("unreserved_port_t", None),
        ("httpd_t", None),
    ],
)
def test_port_owner(port_type: str, owner: str) -> None:
    assert facts.port_owner(port_type) == owner


def test_domain_of_an_executable_depends_on_the_caller() -> None:
    assert facts.domain_of_executable("httpd_exec_t") == "httpd_t"
    assert facts.domain_of_executable("keepalived_unconfined_script_exec_t", "keepalived_t") == (
        "keepalived_unconfined_script_t"
    )
    assert facts.domain_of_executable("keepalived_unconfined_script_exec_t") is None
    assert facts.domain_of_executable("etc_t") is None


def test_executables_and_transitions_are_the_same_facts_the_other_way_round() -> None:
    assert "httpd_exec_t" in facts.executables_of("httpd_t")
    assert facts.transitions_from("postfix_master_t")["postfix_smtp_exec_t"] == "postfix_smtp_t"


def test_attributes_by_name_glob_and_unknown() -> None:
    assert facts.has_attribute("sysadm_sudo_t", "login_pgm") is True
    assert facts.has_attribute("httpd_t", "login_pgm") is False
    assert facts.has_attribute("httpd_t", "daemon") is True
    assert facts.has_attribute("httpd_t", "domain") is True
    assert facts.has_attribute("httpd_t", "no_such_attribute") is None


def test_spellings_join_what_distributions_call_differently() -> None:
    assert facts.spellings("sshd_var_run_t") == ("sshd_var_run_t", "sshd_runtime_t")
    assert "sshd_var_run_t" in facts.spellings("sshd_runtime_t")
    assert "systemd_unit_t" in facts.spellings("systemd_unit_file_t")
    assert facts.spellings("httpd_t") == ("httpd_t",)


@pytest.mark.parametrize("table", ["ports.tsv", "executables.tsv", "labels.tsv"])
def test_every_row_of_a_table_has_three_columns(table: str) -> None:
    assert [row for row in rows(table) if len(row) != 3] == []


@pytest.mark.parametrize("table", ["types.yaml", "attributes.yaml"])
def test_groups_are_lists_of_names(table: str) -> None:
    assert all(isinstance(value, list) for value in document(table).values())
    assert [name for name, members in groups(table).items() if len(set(members)) != len(members)] == []


def test_the_package_that_brings_a_domain() -> None:
    assert facts.policy_package("fapolicyd_t") == "fapolicyd-selinux"
    assert facts.policy_package("snappy_cli_t") == "snapd-selinux"
    assert facts.policy_package("httpd_t") is None
    assert [row for row in rows("policy-packages.tsv") if len(row) != 2] == []
