"""Tells kinds of domains apart where no policy does: containers, network services, login users, launchers."""

from __future__ import annotations

import re

_CONTAINER = re.compile(
    r"container(_(kvm|init|engine|device|device_plugin|logreader|user|userns|udica))*_t|container_.*_t"
)
_NOT_CONTAINERS = frozenset({"container_runtime_t", "container_auth_t", "container_unconfined_t"})
_OLD_CONTAINERS = frozenset({"svirt_lxc_net_t", "svirt_lxc_t", "svirt_sandbox_t", "openshift_t", "docker_container_t"})
_WEB = ("httpd", "tomcat", "nginx", "apache", "lighttpd", "jboss", "wildfly", "passenger", "php_fpm")
_NETWORK = (
    *_WEB,
    *("snmpd", "named", "postfix", "dovecot", "exim", "sendmail", "mysqld", "postgresql", "redis", "mongod", "vsftpd"),
    *("ftpd", "smbd", "nmbd", "rsync", "squid", "haproxy", "memcached", "rabbitmq", "proftpd", "zabbix", "nagios"),
    *("cupsd", "dhcpd", "dnsmasq", "slapd", "dirsrv", "asterisk", "openvpn", "sssd", "ntpd", "chronyd"),
)

GENERIC_LAUNCHERS = frozenset({"init_t", "initrc_t", "unconfined_service_t", "kernel_t", "inetd_t", "rc_t"})
"""Domains that a service is in only because nobody gave it one of its own."""

CONFINED_USERS = frozenset({"user_t", "guest_t", "xguest_t", "staff_t"})
"""Domains of confined login users."""


def is_container_domain(domain: str) -> bool:
    """Whether processes of a container run in this domain (the runtime itself does not)."""
    if domain in _NOT_CONTAINERS or domain.endswith(("_exec_t", "_file_t", "_lib_t", "_log_t")):
        return False
    return domain in _OLD_CONTAINERS or _CONTAINER.fullmatch(domain) is not None or domain.endswith(".process")


def is_network_service(domain: str) -> bool:
    """Whether a domain belongs to a service that answers strangers."""
    return domain.startswith(_NETWORK)


def serves_homes(domain: str) -> bool:
    """Whether a domain works in its users' home directories (mail delivery, logins, file shares)."""
    families = (
        "postfix_local",
        "dovecot",
        "smbd",
        "ftpd",
        "vsftpd",
        "sshd",
        "nfsd",
        "rsync",
        "spamd",
        "procmail",
        "exim",
    )
    return domain.startswith(families)


def serves_files(domain: str) -> bool:
    """Whether a domain's work is to hand out files that people put somewhere for it."""
    return domain.startswith((*_WEB, "smbd", "ftpd", "vsftpd", "proftpd", "rsync", "nfsd", "kernel_t", "tftpd", "git"))


def is_web_service(domain: str) -> bool:
    """Whether a domain belongs to a web or application server."""
    return domain.startswith(_WEB)


def launcher_or_service(domain: str) -> bool:
    """Whether this is a system process rather than a person's session."""
    return domain not in CONFINED_USERS and not domain.startswith(
        ("unconfined_t", "sysadm", "user_", "staff_", "xguest_")
    )
