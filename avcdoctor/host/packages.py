"""Says which package a file belongs to and which version of a package is installed; nothing is run but rpm.

Debian's database is text and is read as such, of the running host and of an offline root alike. rpm's is asked through
rpm itself and on the running host only: opening another root's database may write to it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cached_property
from typing import Dict, List, NamedTuple, Optional, Tuple

from avcdoctor.host.files import Files

_MERGED = ("/bin/", "/sbin/", "/lib/", "/lib64/")  # directories that became links into /usr
_RPM_FORMAT = "%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n"
_DPKG_STATUS = "/var/lib/dpkg/status"
_DPKG_LIST = "/sos_commands/dpkg/dpkg_-l"
_MOST_STATUS = 1 << 26  # bytes; a large desktop has some 8 MiB


class Package(NamedTuple):
    """An installed package; `architecture` may be empty."""

    name: str
    version: str
    architecture: str = ""


class Packages:
    """The packages of one root.

    Args:
        files: the root's files.
        live: the root is the running host.
    """

    def __init__(self, files: Files, live: bool) -> None:
        self._files = files
        self._live = live
        self._owners: Dict[str, Optional[Package]] = {}

    def owner(self, path: str) -> Optional[Package]:
        """The package a file came with; None where no package owns it or that can't be known."""
        if path not in self._owners:
            self._owners[path] = self._look_up(path)
        return self._owners[path]

    def _look_up(self, path: str) -> Optional[Package]:
        if not path.startswith("/") or "\n" in path or "\0" in path:
            return None
        for spelling in self._spellings(path):
            found = self._dpkg_owner(spelling) or self._rpm_owner(spelling)
            if found is not None:
                return found
        return None

    def _spellings(self, path: str) -> List[str]:
        """A path, its real path, and both as they were before /bin became a link to /usr/bin (or after)."""
        found = [path, self._files.real(path) or path]
        for spelling in tuple(found):
            if spelling.startswith(_MERGED):
                found.append("/usr" + spelling)
            elif spelling.startswith(tuple("/usr" + top for top in _MERGED)):
                found.append(spelling[len("/usr") :])
        return list(dict.fromkeys(found))

    def installed(self, name: str) -> Optional[Package]:
        """The installed version of a package; None where it isn't installed or that can't be known."""
        if name in self._dpkg:
            return self._dpkg[name]
        listed = self._listed_rpms.get(name) or self._listed_debs.get(name)
        if listed is not None:
            return listed
        found = self._rpm(["-q", "--", name]) if not name.startswith("-") else None
        return found

    @cached_property
    def _dpkg(self) -> Dict[str, Package]:
        """Installed packages from dpkg's status file (deb-control(5))."""
        found = {}
        for paragraph in (self._files.read_text(_DPKG_STATUS, _MOST_STATUS) or "").split("\n\n"):
            fields = dict(re.findall(r"^(Package|Status|Version|Architecture): (.*)$", paragraph, re.MULTILINE))
            if fields.get("Status", "").endswith(" installed") and "Package" in fields:
                package = Package(fields["Package"], fields.get("Version", ""), fields.get("Architecture", ""))
                found[package.name] = package
        return found

    def _dpkg_owner(self, path: str) -> Optional[Package]:
        name = self._dpkg_lists.get(path) if self._dpkg else None
        return self._dpkg.get(name) if name else None

    @cached_property
    def _dpkg_lists(self) -> Dict[str, str]:
        """Path to package, from every list of files that dpkg keeps (some 0.1 s for a desktop, asked once)."""
        found: Dict[str, str] = {}
        folder = "/var/lib/dpkg/info"
        for name in self._files.names(folder):
            if name.endswith(".list"):
                package = name[: -len(".list")].partition(":")[0]
                for path in (self._files.read_text(f"{folder}/{name}", 1 << 24) or "").splitlines():
                    found[path] = package
        return found

    def _rpm_owner(self, path: str) -> Optional[Package]:
        return self._rpm(["-qf", "--", path])

    def _rpm(self, query: List[str]) -> Optional[Package]:
        program = self._rpm_program
        if program is None:
            return None
        argv = [program, query[0], "--qf", _RPM_FORMAT, *query[1:]]
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="surrogateescape",
                timeout=20,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        fields = done.stdout.split("\n", 1)[0].split("\t")
        return Package(*fields) if done.returncode == 0 and len(fields) == 3 else None

    @cached_property
    def _rpm_program(self) -> Optional[str]:
        if not self._live or not (self._files.exists("/var/lib/rpm") or self._files.exists("/usr/lib/sysimage/rpm")):
            return None
        return shutil.which("rpm")

    @cached_property
    def _listed_rpms(self) -> Dict[str, Package]:
        """What a sosreport's installed-rpms says: NAME-VERSION-RELEASE.ARCH at the start of each line."""
        found = {}
        for line in (self._files.read_text("/installed-rpms", 1 << 24) or "").splitlines():
            package = _split_rpm(line.split(None, 1)[0]) if line.strip() else None
            if package is not None:
                found[package.name] = package
        return found

    @cached_property
    def _listed_debs(self) -> Dict[str, Package]:
        """What a sosreport's `dpkg -l` says."""
        from avcdoctor.host.printed import debian_packages  # noqa: PLC0415 - only a sosreport has such a list

        text = self._files.read_text("/installed-debs", 1 << 24) or self._files.read_text(_DPKG_LIST, 1 << 24) or ""
        return {one[0]: Package(*one) for one in debian_packages(text)}


def _split_rpm(text: str) -> Optional[Package]:
    rest, _, architecture = text.rpartition(".")
    parts: Tuple[str, ...] = tuple(rest.rsplit("-", 2))
    return Package(parts[0], f"{parts[1]}-{parts[2]}", architecture) if len(parts) == 3 else None
