"""Which boolean would answer a denial, from names alone."""

from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.knowledge.switches import boolean_default, boolean_value, booleans_for, is_wide
from avcdoctor.knowledge.tables import document, rows


@pytest.mark.parametrize(
    ("source", "target", "tclass", "permission", "first"),
    [
        ("httpd_t", "nfs_t", "file", "read", "httpd_use_nfs"),
        ("httpd_t", "cifs_t", "dir", "search", "httpd_use_cifs"),
        ("httpd_t", "postgresql_port_t", "tcp_socket", "name_connect", "httpd_can_network_connect_db"),
        ("httpd_t", "unreserved_port_t", "tcp_socket", "name_connect", "httpd_can_network_connect"),
        ("httpd_t", "postfix_etc_t", "file", "read", "httpd_can_sendmail"),
        ("httpd_t", "user_home_t", "file", "read", "httpd_read_user_content"),
        ("httpd_t", "httpd_t", "process", "execmem", "httpd_execmem"),
        ("haproxy_t", "unreserved_port_t", "tcp_socket", "name_bind", "haproxy_connect_any"),
        ("container_t", "cgroup_t", "file", "write", "container_manage_cgroup"),
        ("container_t", "kernel_t", "system", "module_request", "domain_kernel_load_modules"),
        ("guest_t", "user_home_t", "file", "execute", "guest_exec_content"),
        ("svirt_t", "nfs_t", "file", "read", "virt_use_nfs"),
        ("virtqemud_t", "nfs_t", "file", "write", "virt_use_nfs"),
        ("smbd_t", "user_home_t", "file", "read", "samba_enable_home_dirs"),
        ("sshd_t", "unconfined_t", "process", "transition", "ssh_sysadm_login"),
        ("staff_t", "staff_t", "process", "ptrace", "deny_ptrace"),
    ],
)
def test_the_narrowest_boolean_comes_first(
    source: str, target: str, tclass: str, permission: str, first: Optional[str]
) -> None:
    assert booleans_for(source, target, tclass, [permission])[:1] == (first,)


@pytest.mark.parametrize(
    ("source", "target", "tclass", "permissions"),
    [
        ("httpd_t", "nfs_t", "process", ["read"]),  # another class
        ("httpd_t", "shadow_t", "file", ["read"]),  # nothing should ever offer this
        ("httpd_t", "unreserved_port_t", "tcp_socket", ["name_bind"]),  # connecting is not listening
        ("sshd_t", "unreserved_port_t", "udp_socket", ["name_bind"]),
        ("httpd_t", "postgresql_port_t", "tcp_socket", ["name_connect", "name_bind"]),  # all permissions count
        ("nonsense_t", "nfs_t", "file", ["read"]),
    ],
)
def test_no_boolean_where_none_answers_all(source: str, target: str, tclass: str, permissions: list) -> None:
    assert booleans_for(source, target, tclass, permissions) == ()


def test_nis_enabled_and_its_like_are_never_offered_from_their_name() -> None:
    everything = {
        name
        for source in ("httpd_t", "sshd_t", "named_t", "container_t")
        for port in ("unreserved_port_t", "hi_reserved_port_t", "ephemeral_port_t")
        for permission in ("name_bind", "name_connect")
        for name in booleans_for(source, port, "tcp_socket", [permission])
    }
    assert everything.isdisjoint({"nis_enabled", "authlogin_nsswitch_use_ldap", "kerberos_enabled", "fips_mode"})


def test_some_booleans_allow_when_they_are_off() -> None:
    assert boolean_value("deny_execmem") is False
    assert boolean_value("httpd_execmem") is True
    assert boolean_value("no_such_boolean") is True


def test_defaults_and_width() -> None:
    assert boolean_default("httpd_use_nfs") is False
    assert boolean_default("selinuxuser_execmod") is True
    assert boolean_default("no_such_boolean") is None
    assert is_wide("domain_kernel_load_modules")
    assert not is_wide("httpd_use_nfs")


def test_every_row_has_five_columns_and_a_number() -> None:
    assert [row for row in rows("booleans.tsv") if len(row) not in (3, 5) or not row[2].isdigit()] == []


def test_every_kind_has_only_known_fields() -> None:
    known = {"name", "sources", "targets", "classes", "permissions", "inverted", "wide"}
    assert [entry for entry in document("boolean-kinds.yaml") if set(entry) - known] == []


_NAMES = st.text(alphabet="abcdehilmnopstu_*[]", max_size=12)


@given(_NAMES, _NAMES, _NAMES, st.lists(_NAMES, max_size=3))
def test_hostile_names_never_raise(source: str, target: str, tclass: str, permissions: list) -> None:
    assert isinstance(booleans_for(source, target, tclass, permissions), tuple)
