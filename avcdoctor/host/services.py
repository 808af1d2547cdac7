"""Reads systemd's service units of a root, drop-ins included: what they start, as whom, and what stops a transition.

Which file counts follows systemd.unit(5), how a setting is read systemd.syntax(7) and systemd.service(5).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from functools import cached_property
from typing import Dict, List, Mapping, Optional, Tuple

from avcdoctor.host.files import Files

DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_COMMANDS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost", "ExecCondition")
_PREFIXES = "@-:+!|"
_TRUE = frozenset(("1", "yes", "y", "true", "t", "on"))
# For a service without CAP_SYS_ADMIN each of these turns NoNewPrivileges on (systemd.exec(5)).
_IMPLY_NO_NEW_PRIVILEGES = (
    "SystemCallFilter",
    "SystemCallArchitectures",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "PrivateDevices",
    "ProtectKernelTunables",
    "ProtectKernelModules",
    "ProtectKernelLogs",
    "ProtectClock",
    "MemoryDenyWriteExecute",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "LockPersonality",
)


@dataclass(frozen=True)
class Unit:
    """A service unit as systemd would see it.

    Args:
        name: such as "httpd.service".
        path: the file it comes from, below the root.
        drop_ins: further files that change it, in order.
        settings: the [Service] section; a setting given several times keeps all its values.
    """

    name: str
    path: str
    drop_ins: Tuple[str, ...] = ()
    settings: Mapping[str, Tuple[str, ...]] = field(default_factory=dict)

    def last(self, name: str) -> str:
        """The value that counts of a setting that has one value; empty where it isn't set."""
        values = self.settings.get(name, ())
        return values[-1] if values else ""

    def commands(self, name: str = "ExecStart") -> Tuple[Tuple[str, ...], ...]:
        """The commands of ExecStart and its like as argument lists, special prefixes removed."""
        return tuple(argv for argv in map(_argv, self.settings.get(name, ())) if argv)

    @property
    def programs(self) -> Tuple[str, ...]:
        """Every program the unit runs, once each."""
        return tuple(dict.fromkeys(argv[0] for name in _COMMANDS for argv in self.commands(name)))

    @property
    def user(self) -> str:
        """Who it runs as; empty means root."""
        return self.last("User")

    @property
    def no_new_privileges(self) -> str:
        """The setting that keeps a process from gaining privileges by exec, a domain transition among them; or ""."""
        if self.last("NoNewPrivileges"):
            return "NoNewPrivileges" if self._on("NoNewPrivileges") else ""
        if self._on("DynamicUser"):
            return "DynamicUser"
        if self.user in ("", "root", "0"):
            return ""
        return next((name for name in _IMPLY_NO_NEW_PRIVILEGES if self._on(name) or self._listed(name)), "")

    def _on(self, name: str) -> bool:
        return self.last(name).lower() in _TRUE

    def _listed(self, name: str) -> bool:
        return name in ("SystemCallFilter", "SystemCallArchitectures", "RestrictAddressFamilies") and bool(
            self.settings.get(name)
        )


class Services:
    """The service units of one root."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._units: Dict[str, Optional[Unit]] = {}

    def unit(self, name: str) -> Optional[Unit]:
        """A service by name, ".service" understood; None where there is none or it is masked."""
        name = name if name.endswith(".service") else f"{name}.service"
        if name not in self._units:
            self._units[name] = None if "/" in name else self._read(name)
        return self._units[name]

    def running(self, program: str) -> Tuple[Unit, ...]:
        """The units that run a program, by its path as it stands there or with links resolved."""
        return self._by_program.get(program, ()) or self._by_program.get(self._files.real(program) or program, ())

    @cached_property
    def names(self) -> Tuple[str, ...]:
        """The names of all service units."""
        found = {name for directory in DIRECTORIES for name in self._files.names(directory)}
        return tuple(sorted(name for name in found if name.endswith(".service")))

    @cached_property
    def _by_program(self) -> Dict[str, Tuple[Unit, ...]]:
        found: Dict[str, Tuple[Unit, ...]] = {}
        for name in self.names:
            unit = self.unit(name)
            for program in unit.programs if unit else ():
                for spelling in dict.fromkeys((program, self._files.real(program) or program)):
                    if unit is not None:
                        found[spelling] = (*found.get(spelling, ()), unit)
        return found

    def _read(self, name: str) -> Optional[Unit]:
        names = [name]
        if "@" in name and not name.endswith("@.service"):
            names.append(name.partition("@")[0] + "@.service")  # an instance comes from its template
        for candidate in names:
            for directory in DIRECTORIES:
                path = f"{directory}/{candidate}"
                if self._files.readlink(path) == "/dev/null":
                    return None
                text = self._files.read_text(path)
                if text is not None:
                    return self._with_drop_ins(name, names, path, text)
        return None

    def _with_drop_ins(self, name: str, names: List[str], path: str, text: str) -> Unit:
        settings: Dict[str, List[str]] = {}
        _merge(settings, text)
        found = {}
        for directory in reversed(DIRECTORIES):  # a file in /etc replaces one of the same name in /usr/lib
            for of in ("service", *reversed(names)):
                for drop_in in self._files.names(f"{directory}/{of}.d"):
                    if drop_in.endswith(".conf"):
                        found[drop_in] = f"{directory}/{of}.d/{drop_in}"
        for drop_in in sorted(found):
            _merge(settings, self._files.read_text(found[drop_in]) or "")
        return Unit(
            name=name,
            path=path,
            drop_ins=tuple(found[drop_in] for drop_in in sorted(found)),
            settings={key: tuple(values) for key, values in settings.items()},
        )


def _merge(settings: Dict[str, List[str]], text: str) -> None:
    """Add the [Service] section of a unit file; an empty value takes back what was set before."""
    section = ""
    for line in _logical_lines(text):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        elif section == "Service" and "=" in line:
            key, _, value = line.partition("=")
            if value.strip():
                settings.setdefault(key.strip(), []).append(value.strip())
            else:
                settings.pop(key.strip(), None)


def _logical_lines(text: str) -> List[str]:
    """Lines with continuations joined; comments count as nothing, between continued lines too."""
    found = []
    kept = ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith(("#", ";")) or (not stripped and not kept):
            continue
        if stripped.endswith("\\"):
            kept += stripped[:-1] + " "
            continue
        found.append((kept + stripped).strip())
        kept = ""
    return [*found, kept.strip()] if kept.strip() else found


def _argv(command: str) -> Tuple[str, ...]:
    try:
        words = shlex.split(command)
    except ValueError:  # unbalanced quotes: systemd refuses the line as well
        return ()
    if not words:
        return ()
    first = words[0].lstrip(_PREFIXES)
    return (first, *words[1:]) if first else ()
