"""What is known of types, attributes, ports and domains by their names, for use without any policy."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import FrozenSet, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.knowledge.globs import fits
from avcdoctor.knowledge.tables import groups, rows


class PortRange(NamedTuple):
    """Ports that belong to a type; `low` and `high` are the same for a single port."""

    protocol: str
    low: int
    high: int


def in_group(type_: str, group: str) -> bool:
    """Whether a type belongs to a group of policies/facts/types.yaml (generic, home, credential, log, ...)."""
    return any(fits(type_, pattern) for pattern in groups("types.yaml").get(group, ()))


def role(group: str) -> str:
    """The type that stands for a purpose: the member of a group of one, the administrator's own where there is one.

    Args:
        group: a group of policies/facts/types.yaml, such as `program` or `container_file`.
    """
    return groups("types.yaml")[group][-1]


@lru_cache(maxsize=1024)
def is_generic(type_: str) -> bool:
    """Whether a type belongs to nobody: default_t, var_t, home types, ... Its being denied speaks of the place."""
    return in_group(type_, "generic")


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
        if names.is_program(executable) and not in_group(executable, "shell")
        for domain, callers in pairs
        if names.INIT in callers
    )


def domain_of_executable(type_: str, caller: str = names.INIT) -> Optional[str]:
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
        if any(domain == found for found, _ in pairs) and names.is_program(executable)
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
    if not names.is_port(type_) or in_group(type_, "port_range"):
        return None
    told = next((domain for port, domain in rows("port-owners.tsv") if port == type_), None)
    if told:
        return told
    stem = names.port_stem(type_)
    candidates = (names.typed(stem), names.typed(f"{stem}d"), names.typed(stem.split("_")[0]))
    return next((name for name in candidates if name in daemons()), None)


def spellings(type_: str) -> Tuple[str, ...]:
    """The names a type has in other distributions' policies, its own first."""
    found = [type_]
    for pair in rows("spellings.tsv"):
        for one, other in (pair, pair[::-1]):
            if not one.startswith("*"):
                found += [other] if type_ == one else []
            elif type_.endswith(one[1:]):
                found.append(type_[: -len(one[1:])] + other[1:])
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1024)
def policy_package(domain: str) -> Optional[str]:
    """The package that brings a domain's policy, where that is not the distribution's selinux-policy itself."""
    return next((package for pattern, package in rows("policy-packages.tsv") if fits(domain, pattern)), None)
