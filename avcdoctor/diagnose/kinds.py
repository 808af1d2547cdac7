"""Tells kinds of domains apart where no policy does: containers, network services, login users, launchers."""

from __future__ import annotations

from avcdoctor.knowledge.domains import in_family


def is_container_domain(domain: str) -> bool:
    """Whether processes of a container run in this domain (the runtime itself does not)."""
    return in_family(domain, "container") and not in_family(domain, "not-container")


def is_network_service(domain: str) -> bool:
    """Whether a domain belongs to a service that answers strangers."""
    return in_family(domain, "web", "network")


def serves_homes(domain: str) -> bool:
    """Whether a domain works in its users' home directories (mail delivery, logins, file shares)."""
    return in_family(domain, "homes")


def serves_files(domain: str) -> bool:
    """Whether a domain's work is to hand out files that people put somewhere for it."""
    return in_family(domain, "web", "files")


def is_web_service(domain: str) -> bool:
    """Whether a domain belongs to a web or application server."""
    return in_family(domain, "web")


def is_launcher(domain: str) -> bool:
    """Whether a service is in this domain only because nobody gave it one of its own."""
    return in_family(domain, "launcher")


def is_confined_user(domain: str) -> bool:
    """Whether this is the domain of a confined login user."""
    return in_family(domain, "user")


def launcher_or_service(domain: str) -> bool:
    """Whether this is a system process rather than a person's session."""
    return not in_family(domain, "user", "person")
