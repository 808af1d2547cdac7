"""What the ending of a type's name says of it, by the convention that every distribution's policy keeps."""

from __future__ import annotations

KERNEL, INIT, UNLABELED = "kernel_t", "init_t", "unlabeled_t"
"""What the kernel's own initial contexts name: itself, the first process, and what has no valid label."""

TYPE = "_t"
PROGRAM = "_exec_t"
PORT = "_port_t"


def is_type_name(name: str) -> bool:
    """Whether a word looks like the name of a type."""
    return name.endswith(TYPE)


def stem(type_: str) -> str:
    """A type's name without its ending: `httpd_t` gives `httpd`."""
    return type_[: -len(TYPE)] if type_.endswith(TYPE) else type_


def typed(stem_: str) -> str:
    """The type of a stem: `httpd` gives `httpd_t`."""
    return f"{stem_}{TYPE}"


def is_program(type_: str) -> bool:
    """Whether files of this type are programs with a type of their own, such as httpd_exec_t."""
    return type_.endswith(PROGRAM)


def program_type(stem_: str) -> str:
    """The type of a service's program: `httpd` gives `httpd_exec_t`."""
    return f"{stem_}{PROGRAM}"


def is_port(type_: str) -> bool:
    """Whether this is the type of ports, such as http_port_t."""
    return type_.endswith(PORT)


def port_type(stem_: str) -> str:
    """The type of a service's ports: `http` gives `http_port_t`."""
    return f"{stem_}{PORT}"


def port_stem(type_: str) -> str:
    """A port type's name without its ending: `http_port_t` gives `http`."""
    return type_[: -len(PORT)]


def is_capability(tclass: str) -> bool:
    """Whether a class is one of capabilities, whose target is the process itself: capability, cap2_userns."""
    return tclass.startswith("cap")
