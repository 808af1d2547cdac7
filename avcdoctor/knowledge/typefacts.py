"""What is known of types, attributes, ports and domains by their names, for use without any policy."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import FrozenSet, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.knowledge.globs import fits
from avcdoctor.knowledge.tables import groups, rows

_OTHER_SPELLING = (
    # Fedora's ending, refpolicy's (and so Debian's and Gentoo's)
    ("_var_run_t", "_runtime_t"),
    ("_unit_file_t", "_unit_t"),
)
_SAME_TYPE = (
    ("container_t", "svirt_lxc_net_t"),
    ("container_file_t", "svirt_sandbox_file_t"),
    ("container_file_t", "svirt_lxc_file_t"),
    ("container_runtime_t", "docker_t"),
    ("container_var_lib_t", "docker_var_lib_t"),
    ("container_var_run_t", "docker_var_run_t"),
    ("antivirus_t", "clamd_t"),
)


class PortRange(NamedTuple):
    """Ports that belong to a type; `low` and `high` are the same for a single port."""

    protocol: str
    low: int
    high: int


def in_group(type_: str, group: str) -> bool:
    """Whether a type belongs to a group of policies/facts/types.yaml (generic, home, credential, log, ...)."""
    return any(fits(type_, pattern) for pattern in groups("types.yaml").get(group, ()))


@lru_cache(maxsize=1024)
def is_generic(type_: str) -> bool:
    """Whether a type belongs to nobody: default_t, var_t, home types, ... Its being denied speaks of the place."""
    return in_group(type_, "generic")


@lru_cache(maxsize=1024)
def is_credential(type_: str) -> bool:
    """Whether a type is for password hashes, private keys and the like: nothing to open to another service."""
    return in_group(type_, "credential")


def attribute_members(attribute: str) -> FrozenSet[str]:
    """Names and globs of the types that have an attribute; empty when the tables don't know it."""
    if attribute == "daemon":
        return daemons()
    return frozenset(groups("attributes.yaml").get(attribute, ()))


def has_attribute(type_: str, attribute: str) -> Optional[bool]:
    """Whether a type has an attribute; None when the tables don't know the attribute."""
    members = attribute_members(attribute)
    if not members:
        return True if attribute == "domain" else None
    return any(fits(type_, member) for member in members)


@cache
def _domains() -> Mapping[str, Tuple[Tuple[str, FrozenSet[str]], ...]]:
    found: dict[str, Tuple[Tuple[str, FrozenSet[str]], ...]] = {}
    for executable, domain, callers in rows("executables.tsv"):
        found[executable] = (*found.get(executable, ()), (domain, frozenset(callers.split(","))))
    return found


@cache
def daemons() -> FrozenSet[str]:
    """The domains that systemd starts services in."""
    return frozenset(
        domain
        for executable, pairs in _domains().items()
        if executable.endswith("_exec_t") and executable != "shell_exec_t"
        for domain, callers in pairs
        if "init_t" in callers
    )


def domain_of_executable(type_: str, caller: str = "init_t") -> Optional[str]:
    """The domain that executing a file of this type leads into.

    Args:
        type_: the file's type, such as httpd_exec_t.
        caller: the domain that executes it.

    Returns:
        The domain, or None when that caller has no transition for it.
    """
    return next((domain for domain, callers in _domains().get(type_, ()) if caller in callers), None)


def executables_of(domain: str) -> Tuple[str, ...]:
    """The executable types that lead into a domain, in the tables' order."""
    return tuple(
        executable
        for executable, pairs in _domains().items()
        if any(domain == found for found, _ in pairs) and executable.endswith("_exec_t")
    )


def transitions_from(caller: str) -> Mapping[str, str]:
    """Executable type -> domain, for a caller."""
    return {
        executable: domain for executable, pairs in _domains().items() for domain, callers in pairs if caller in callers
    }


@cache
def _ports() -> Mapping[str, Tuple[PortRange, ...]]:
    found: dict[str, Tuple[PortRange, ...]] = {}
    for type_, protocol, text in rows("ports.tsv"):
        for part in text.split(","):
            low, _, high = part.partition("-")
            found[type_] = (*found.get(type_, ()), PortRange(protocol, int(low), int(high or low)))
    return found


def ports_of(type_: str) -> Tuple[PortRange, ...]:
    """The ports of a port type; empty when the tables don't know it."""
    return _ports().get(type_, ())


def port_types(protocol: str, port: int) -> Tuple[str, ...]:
    """The types a port has, the most specific first: the kernel takes the smallest range (semanage-port(8))."""
    hits = [
        (one.high - one.low, type_)
        for type_, ranges in _ports().items()
        for one in ranges
        if one.protocol == protocol and one.low <= port <= one.high
    ]
    return tuple(dict.fromkeys(type_ for _, type_ in sorted(hits)))


def port_owner(type_: str) -> Optional[str]:
    """The domain whose own port type this is, by its name: ssh_port_t -> sshd_t, mysqld_port_t -> mysqld_t."""
    if not type_.endswith("_port_t") or type_ in ("unreserved_port_t", "reserved_port_t", "ephemeral_port_t"):
        return None
    stem = type_[: -len("_port_t")]
    known = daemons()
    by_name = {"http": "httpd_t", "dns": "named_t", "smbd": "smbd_t", "smtp": "postfix_master_t", "pop": "dovecot_t"}
    candidates = (by_name.get(stem, ""), f"{stem}_t", f"{stem}d_t", f"{stem.split('_')[0]}_t")
    return next((name for name in candidates if name in known or name in by_name.values()), None)


def spellings(type_: str) -> Tuple[str, ...]:
    """The names a type has in other distributions' policies, its own first."""
    found = [type_]
    for pair in _SAME_TYPE:
        if type_ in pair:
            found.extend(pair)
    for fedora, refpolicy in _OTHER_SPELLING:
        if type_.endswith(fedora):
            found.append(type_[: -len(fedora)] + refpolicy)
        if type_.endswith(refpolicy):
            found.append(type_[: -len(refpolicy)] + fedora)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1024)
def policy_package(domain: str) -> Optional[str]:
    """The package that brings a domain's policy, where that is not the distribution's selinux-policy itself."""
    return next((package for pattern, package in rows("policy-packages.tsv") if fits(domain, pattern)), None)
