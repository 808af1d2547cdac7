"""Builds a module in a copy of the policy store: neverallow rules are checked, and the new policy can be asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator, List, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.errors import PolicyError
from avcdoctor.host.items import MODULE_PRIORITY
from avcdoctor.host.pinned import LABEL
from avcdoctor.host.policy import Policy
from avcdoctor.private import workdir
from avcdoctor.system import install

_CONFIGURATION = "module-store = direct\nexpand-check = {}\n"
_NEVERALLOW = "neverallow check failed"
_SHOWN = 40  # lines of what semodule says about neverallow rules
_SECONDS = 180
_PROGRAM = "/usr/sbin/semodule"


class Trial(NamedTuple):
    """What a build gave: the rebuilt policy, or why it was refused."""

    policy: Optional[Policy]
    refused: str


def _semodule() -> str:
    program = shutil.which(_PROGRAM) or shutil.which("semodule")
    if program is None:
        raise PolicyError("semodule is not installed", install("semodule"))
    return program


@contextmanager
def _copied(root: Path, name: str) -> Iterator[Path]:
    """A copy of a policy store, labelled like it, that is gone afterwards."""
    store = root / "var/lib/selinux" / name
    with workdir() as copy:
        try:
            shutil.copytree(store, copy / "var/lib/selinux" / name)
            for part in ("contexts", "policy"):
                (copy / "etc/selinux" / name / part).mkdir(parents=True)
            (copy / "etc/selinux" / name / "contexts/files").mkdir()
            _label(copy, root, name)
        except (OSError, shutil.Error) as error:
            raise PolicyError(f"can't copy the policy store {store}: {error}", "run as root") from error
        yield copy


_LOCAL = ("booleans.local", "ports.local", "file_contexts.local", "nodes.local", "interfaces.local")


@contextmanager
def as_shipped(root: Path, name: str) -> Iterator[Trial]:
    """Build the policy without anything local: modules of priority 400 and above, booleans, ports, file contexts.

    Args:
        root: whose store is copied; "/" for the running host.
        name: the policy type.

    Raises:
        PolicyError: the store can't be copied or built, or semodule is not there.
    """
    program = _semodule()
    with _copied(root, name) as copy:
        active = copy / "var/lib/selinux" / name / "active"
        for place in (active / "modules").glob("[0-9]*"):
            if place.name.isdigit() and int(place.name) >= MODULE_PRIORITY:
                shutil.rmtree(place)
        for place in (active / "modules/disabled").glob("*"):
            place.unlink()
        for local in _LOCAL:
            (active / local).unlink(missing_ok=True)
        yield _run([program, "-n", "-p", str(copy), "-s", name, "-B"], copy, name, (), 0)


@contextmanager
def built(root: Path, name: str, modules: Mapping[str, str]) -> Iterator[Trial]:
    """Install CIL modules into a copy of a policy store, without loading anything.

    Args:
        root: whose store is copied; "/" for the running host.
        name: the policy type, such as "targeted" or "default".
        modules: CIL source by module name.

    Raises:
        PolicyError: the store can't be copied, or semodule is not there.
    """
    program = _semodule()
    with _copied(root, name) as copy:
        files: List[str] = []
        for module, source in modules.items():
            path = copy / f"{module}.cil"
            path.write_text(source)
            _label_like(path, root / "var/lib/selinux")
            files += ["-i", str(path)]
        argv = [program, "-n", "-p", str(copy), "-s", name, "-X", "400", *files]
        own = tuple(f"/400/{module}/cil" for module in modules)
        yield _run(argv, copy, name, own)


def _label(copy: Path, root: Path, name: str) -> None:
    """Label the copy's directories as the originals are: semodule has a domain of its own, which may use no others."""
    for place in ("", "var", "var/lib", "var/lib/selinux"):
        _label_like(copy / place, root / "var/lib/selinux")
    for place in ("etc", "etc/selinux"):
        _label_like(copy / place, root / "etc/selinux")
    for place in ("", "contexts", "contexts/files", "policy"):
        _label_like(copy / "etc/selinux" / name / place, root / "etc/selinux" / name / place)


def _label_like(path: Path, original: Path) -> None:
    with suppress(OSError):  # no SELinux here, or no right to label: then nothing confines semodule either
        os.setxattr(path, LABEL, os.getxattr(original, LABEL))


def _run(argv: List[str], copy: Path, name: str, own: Tuple[str, ...], check: int = 1) -> Trial:
    """Let semodule build the policy.

    Args:
        argv: its command.
        copy: the copy of the root it works in.
        name: the policy type.
        own: where the copy keeps the modules that are tried, by which semodule names them.
        check: whether neverallow rules are checked.

    Raises:
        PolicyError: the modules could not be tried, so nothing is known of them.
    """
    (copy / "etc/selinux/semanage.conf").write_text(_CONFIGURATION.format(check))
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_SECONDS, env=environment, check=False)
    except subprocess.TimeoutExpired:
        raise PolicyError(f"semodule did not end within {_SECONDS} seconds") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        if any("Permission denied" in line or "No space left" in line for line in lines):
            raise PolicyError(f"the module can't be tried: {' '.join(lines[:3])}", "nothing was said about the module")
        if check and _NEVERALLOW in done.stderr:
            broken = [line for line in lines if any(place in line for place in own)]
            if broken:  # each rule that breaks a neverallow is named below it, however long that list is
                shown = lines[:_SHOWN]
                return Trial(None, " ".join(shown + [line for line in broken if line not in shown]))
            if any("Only first" in line for line in lines):
                raise PolicyError(
                    "the module can't be tried: modules that are loaded break so many neverallow rules that semodule "
                    "does not name them all",
                    "nothing was said about the module",
                )
            return _run(argv, copy, name, own, 0)  # the loaded modules break the rule already, so it isn't asked
        return Trial(None, " ".join(lines[:6]) or f"semodule ended with {done.returncode}")
    policies = sorted((copy / "etc/selinux" / name / "policy").glob("policy.*"))
    if not policies:
        raise PolicyError("semodule built no policy", "report it with the output of `semodule -l`")
    return Trial(Policy(policies[-1], "the policy with the module built in"), "")
