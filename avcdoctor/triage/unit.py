"""Maps a unit's settings (ProtectSystem= and the like) to the accesses they block."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.errors import UsageError
from avcdoctor.host import Host
from avcdoctor.model import safe_text

ASKED = (
    *("LoadState", "ExecStart", "User", "Group", "DynamicUser", "WorkingDirectory", "RootDirectory", "RootImage"),
    *("ProtectHome", "ProtectSystem", "ReadOnlyPaths", "InaccessiblePaths", "ReadWritePaths", "NoExecPaths"),
    *("PrivateTmp", "PrivateDevices", "DevicePolicy", "ProtectKernelTunables", "ProtectControlGroups"),
    *("NoNewPrivileges", "CapabilityBoundingSet", "AmbientCapabilities", "SystemCallFilter", "RestrictAddressFamilies"),
    *("PrivateUsers", "TemporaryFileSystem", "SELinuxContext", "AppArmorProfile"),
)
_NAME = re.compile(r"[\w@.:\\-]{1,255}\Z")
_TRUE = ("yes", "true", "on", "1")
_HOMES = ("/home", "/root", "/run/user")
_WRITABLE_IN_STRICT = ("/dev", "/proc", "/sys", "/tmp", "/var/tmp")  # noqa: S108 - systemd's own exceptions


@dataclass(frozen=True)
class UnitFacts:
    """A unit's settings.

    Args:
        settings: the last value of each; lists are separated by blanks.
        told_by: "systemctl show" or the unit's file.
    """

    name: str
    settings: Mapping[str, str]
    told_by: str

    def on(self, setting: str) -> bool:
        """Whether a switch is on."""
        return self.settings.get(setting, "").lower() in _TRUE

    def paths(self, setting: str) -> Tuple[str, ...]:
        """The paths of a list, without the signs in front."""
        return tuple(word.lstrip("-+") for word in self.settings.get(setting, "").split())

    @property
    def user(self) -> str:
        """Who it runs as; empty for root or when systemd invents one."""
        return self.settings.get("User", "")


class Forbids(NamedTuple):
    """A setting that explains a failure."""

    setting: str
    why: str


def unit_facts(host: Host, service: str) -> Optional[UnitFacts]:
    """The settings of a service: from systemd where it runs, else from the unit files of the root.

    Raises:
        UsageError: the name is none a unit can have.
    """
    if not _NAME.match(service) or service.startswith("-"):
        raise UsageError(
            f"{safe_text(service)!r} is no name of a service", "give a unit's name such as haproxy, or a log with --log"
        )
    name = service if service.endswith(".service") else f"{service}.service"
    if host.live:
        shown = _show(name)
        if shown:
            return UnitFacts(name, shown, "systemctl show")
    unit = host.services.unit(name)
    if unit is None:
        return None
    settings = {key: " ".join(values) if key.endswith("Paths") else values[-1] for key, values in unit.settings.items()}
    return UnitFacts(name, settings, unit.path)


def _show(name: str) -> Dict[str, str]:
    argv = ["systemctl", "show", f"--property={','.join(ASKED)}", "--", name]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    found = {key: value for key, _, value in (line.partition("=") for line in lines)}
    return found if found.get("LoadState") == "loaded" else {}


def _below(path: str, places: Tuple[str, ...]) -> str:
    """The place that holds a path, or nothing."""
    for place in places:
        if place and (path == place or path.startswith(place.rstrip("/") + "/")):
            return place
    return ""


def forbids(unit: UnitFacts, errno: str, path: str, capability: str = "") -> Optional[Forbids]:
    """The setting of a unit that explains an error number at a path.

    Args:
        unit: the unit's settings.
        errno: EACCES, EPERM, EROFS or ENOENT.
        path: what the program wanted, or nothing.
        capability: the capability it needed, such as CAP_NET_ADMIN, or nothing.
    """
    for check in _CHECKS.get(errno, ()):
        found = check(unit, path) if path else None
        if found is not None:
            return found
    bounding = unit.settings.get("CapabilityBoundingSet", "")
    if errno == "EPERM" and capability and bounding and _lacks(bounding, capability):
        why = f"CapabilityBoundingSet= of {unit.name} leaves out {capability}"
        return Forbids("CapabilityBoundingSet", why)
    return None


def _lacks(bounding: str, capability: str) -> bool:
    named = {word.lower() for word in bounding.lstrip("~").split()}
    return (capability.lower() in named) == bounding.startswith("~")


def _homes(unit: UnitFacts, path: str) -> Optional[Forbids]:
    value = unit.settings.get("ProtectHome", "").lower()
    place = _below(path, _HOMES)
    if not place or _below(path, unit.paths("ReadWritePaths")):
        return None
    words = {"read-only": "shows homes read-only", "tmpfs": "shows empty homes"}
    if value in _TRUE or value in words:
        return Forbids("ProtectHome", f"ProtectHome={value} of {unit.name} {words.get(value, 'hides')} {place}")
    return None


def _system(unit: UnitFacts, path: str) -> Optional[Forbids]:
    value = unit.settings.get("ProtectSystem", "").lower()
    if _below(path, unit.paths("ReadWritePaths")):
        return None
    if value == "strict" and not _below(path, _WRITABLE_IN_STRICT):
        why = f"ProtectSystem=strict of {unit.name} makes all but /dev, /proc and /sys read-only"
        return Forbids("ProtectSystem", why)
    places = {"full": ("/usr", "/boot", "/efi", "/etc")}.get(value, ("/usr", "/boot", "/efi") if value in _TRUE else ())
    place = _below(path, places)
    if place:
        return Forbids("ProtectSystem", f"ProtectSystem={value} of {unit.name} makes {place} read-only")
    return None


def _listed(setting: str, words: str) -> Callable[[UnitFacts, str], Optional[Forbids]]:
    def check(unit: UnitFacts, path: str) -> Optional[Forbids]:
        place = _below(path, unit.paths(setting))
        allowed = _below(path, unit.paths("ReadWritePaths"))
        if not place or len(allowed) > len(place):
            return None
        return Forbids(setting, f"{setting}={place} of {unit.name} {words}")

    return check


def _switch(setting: str, places: Tuple[str, ...], words: str) -> Callable[[UnitFacts, str], Optional[Forbids]]:
    def check(unit: UnitFacts, path: str) -> Optional[Forbids]:
        place = _below(path, places)
        return Forbids(setting, f"{setting}=yes of {unit.name} {words}") if place and unit.on(setting) else None

    return check


_INACCESSIBLE = _listed("InaccessiblePaths", "makes it inaccessible")
_TMP = _switch("PrivateTmp", ("/tmp", "/var/tmp"), "gives the service a /tmp of its own")  # noqa: S108 - systemd's places
_DEVICES = _switch("PrivateDevices", ("/dev",), "shows no hardware devices")
_TUNABLES = _switch("ProtectKernelTunables", ("/proc/sys", "/sys"), "makes kernel settings read-only")


def _root(unit: UnitFacts, path: str) -> Optional[Forbids]:
    where = unit.settings.get("RootDirectory", "") or unit.settings.get("RootImage", "")
    if where in ("", "/"):
        return None
    return Forbids("RootDirectory", f"{unit.name} sees {where} as its root, so {path} is looked up in there")


_CHECKS: Mapping[str, List[Callable[[UnitFacts, str], Optional[Forbids]]]] = {
    "EACCES": [_homes, _INACCESSIBLE, _listed("NoExecPaths", "does not let anything there be run")],
    "EROFS": [_system, _homes, _listed("ReadOnlyPaths", "makes it read-only"), _TUNABLES],
    "ENOENT": [_homes, _TMP, _DEVICES, _INACCESSIBLE, _root],
    "EPERM": [_DEVICES],
}
