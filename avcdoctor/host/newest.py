"""Gets the newest policy that a package manager offers, or one that is handed over, without installing anything."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path
from typing import IO, List, NamedTuple, Optional, Tuple

from avcdoctor.errors import PolicyError
from avcdoctor.host.choose import choose
from avcdoctor.host.files import Files
from avcdoctor.host.policy import Policy
from avcdoctor.host.reference import cache_folder
from avcdoctor.model import safe_text
from avcdoctor.system import install

_DEB = b"!<arch>\n"  # deb(5)
_RPM = b"\xed\xab\xee\xdb"  # the lead of an rpm file
_DEBIAN_PACKAGES = ("selinux-policy-default", "selinux-policy-mls")
_FEDORA_PACKAGES = ("selinux-policy-targeted", "selinux-policy-mls", "selinux-policy-minimum")
_SECONDS = 180
_MOST_BYTES = 1 << 29  # of one package, unpacked; Fedora's holds 60 MiB
_MOST_FILES = 20_000
_MOST_KEPT = 3  # policies; one is up to 10 MiB
_KEPT_FOR = 90 * 86_400  # seconds since one was last asked
_BUILT = re.compile(r"etc/selinux/[\w.-]+/policy/policy\.\d+|var/lib/selinux/[\w.-]+/active/policy\.kern")
_MODULE = re.compile(r"usr/share/selinux/[\w.-]+/([\w.-]+)\.pp(?:\.bz2)?")
_CONFIGURATION = "module-store = direct\nexpand-check = 0\n"


class Newest(NamedTuple):
    """A policy to compare with: what to call it, and the command that installs it (empty for a file)."""

    name: str
    policy: Policy
    update: Tuple[str, ...] = ()


def offered(files: Files) -> Newest:
    """The newest policy package that this machine's own package manager offers.

    Args:
        files: the running host's files.

    Raises:
        PolicyError: no package manager, no policy package, no network, no space, or the package holds no policy.
    """
    manager = _manager()
    package = _package(files, manager)
    with tempfile.TemporaryDirectory(prefix="avcdoctor-") as folder:
        if manager == "apt-get":
            _run([manager, "-qq", "-o", "APT::Sandbox::User=root", "download", package], Path(folder))
        else:
            _run([manager, "-q", "-y", "download", "--destdir", folder, package], Path(folder))
        found = sorted(one for one in Path(folder).iterdir() if one.suffix in (".deb", ".rpm"))
        if len(found) != 1:
            raise PolicyError(f"{manager} brought no package {package}", "is the machine's package index up to date?")
        newest = given(found[0])
    version = newest.name.rpartition(" ")[2]
    wanted = f"{package}={version}" if manager == "apt-get" else f"{package}-{version}"
    update = (manager, "install", wanted) if manager == "apt-get" else (manager, "upgrade", wanted)
    return newest._replace(update=update)


def given(path: Path) -> Newest:
    """A policy from a file or directory: a binary policy, a .deb, a .rpm, or an unpacked root.

    Args:
        path: what was handed over.

    Raises:
        PolicyError: it is none of these, damaged, or holds no policy.
    """
    shown = safe_text(str(path))
    if path.is_dir():
        choice = choose(None, Files(path), False)
        if choice.path is None:
            raise PolicyError(f"{shown} holds no policy", "give a root with etc/selinux/TYPE/policy/policy.NN")
        return Newest(shown, Policy(choice.path, shown))
    if not path.is_file():
        raise PolicyError(f"there is no file {shown}", "give a policy, a .deb, a .rpm, or a directory")
    with path.open("rb") as stream:
        start = stream.read(8)
    if start == _DEB:
        return Newest(_deb_name(path), _of_package(path, ["dpkg-deb", "--fsys-tarfile", str(path.resolve())]))
    if start[:4] == _RPM:
        return Newest(_rpm_name(path), _of_package(path, None))
    return Newest(shown, Policy(path, shown))


def _manager() -> str:
    for name in ("dnf", "apt-get"):
        if shutil.which(name):
            return name
    raise PolicyError("neither dnf nor apt-get is here", "--newer-from takes a package that you fetched yourself")


def _package(files: Files, manager: str) -> str:
    """The installed policy package; the usual one where none is."""
    if manager == "apt-get":
        status = files.read_text("/var/lib/dpkg/status", 1 << 26) or ""
        installed = [name for name in _DEBIAN_PACKAGES if f"\nPackage: {name}\nStatus: install ok installed" in status]
        return (installed or list(_DEBIAN_PACKAGES))[0]
    for name in _FEDORA_PACKAGES:
        asked = subprocess.run(["rpm", "-q", name], capture_output=True, timeout=_SECONDS, check=False)  # noqa: S607 - the distribution's own, by PATH
        if asked.returncode == 0:
            return name
    return _FEDORA_PACKAGES[0]


def _deb_name(path: Path) -> str:
    told = _run(["dpkg-deb", "--show", "--showformat=${Package} ${Version}", str(path.resolve())], path.parent)
    return safe_text(told.strip())[:200]


def _rpm_name(path: Path) -> str:
    argv = ["rpm", "-qp", "--nosignature", "--qf", "%{NAME} %{VERSION}-%{RELEASE}", str(path.resolve())]
    return safe_text(_run(argv, path.parent).strip())[:200]


def _of_package(path: Path, unpack: Optional[List[str]]) -> Policy:
    """The policy inside a package, built from its modules where it holds none; kept by the package's digest."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    kept = cache_folder() / f"newest-{digest}.policy"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(prefix="avcdoctor-") as folder:
            top = Path(folder)
            if unpack is None:
                shutil.copyfile(path, top / "package.rpm")
                _run(["rpm2archive", "-n", str(top / "package.rpm")], top)
                archives = sorted(top.glob("package.rpm.*"))
                if len(archives) != 1:
                    raise PolicyError(f"rpm2archive gave nothing for {safe_text(str(path))}")
                with archives[0].open("rb") as stream:
                    _extract(stream, top, path)
            else:
                with tempfile.TemporaryFile() as stream:
                    _run(unpack, top, stream)
                    stream.seek(0)
                    _extract(stream, top, path)
            built = _built(top) or _build(top, path)
            temporary = kept.with_suffix(f".{top.name}")
            shutil.copyfile(built, temporary)
            temporary.replace(kept)
    kept.touch()
    _clear(kept.parent)
    return Policy(kept, safe_text(path.name))


def _clear(folder: Path) -> None:
    """Remove what was kept and has not been asked for long, all beyond the last few, and what a crash left behind."""
    now = time.time()
    whole = sorted(folder.glob("newest-*.policy"), key=lambda one: one.stat().st_mtime, reverse=True)
    parts = [one for one in folder.glob("newest-*") if one.suffix != ".policy"]
    for number, one in enumerate([*whole, *parts]):
        age = now - one.stat().st_mtime
        if age > (_KEPT_FOR if number < len(whole) else _SECONDS) or _MOST_KEPT <= number < len(whole):
            one.unlink(missing_ok=True)


def _extract(stream: IO[bytes], top: Path, path: Path) -> None:
    """Write the few members that matter, each a regular file below a name of a fixed form."""
    left, count = _MOST_BYTES, 0
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            for member in archive:
                count += 1
                name = member.name.lstrip("./")
                wanted = _BUILT.fullmatch(name) or _MODULE.fullmatch(name)
                content = archive.extractfile(member) if wanted and member.isreg() else None
                if content is None:
                    continue
                left -= member.size
                if left < 0 or count > _MOST_FILES:
                    raise PolicyError(f"{safe_text(path.name)} is larger than a policy package ever is")
                place = top / "files" / name
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as output:
                    shutil.copyfileobj(content, output)
    except (tarfile.TarError, EOFError, FileExistsError) as error:
        raise PolicyError(f"{safe_text(path.name)} is damaged: {safe_text(str(error))}", "fetch it again") from error


def _built(top: Path) -> Optional[Path]:
    files = top / "files"
    found = sorted(files.glob("etc/selinux/*/policy/policy.*"), key=lambda one: int(one.name.rpartition(".")[2]))
    found = found or sorted(files.glob("var/lib/selinux/*/active/policy.kern"))
    return found[-1] if found else None


def _build(top: Path, path: Path) -> Path:
    modules = sorted((top / "files").glob("usr/share/selinux/*/*.pp*"))
    if not modules:
        raise PolicyError(f"{safe_text(path.name)} holds no policy", "give the package that brings the policy itself")
    program = shutil.which("semodule") or shutil.which("semodule", path="/usr/sbin:/sbin")
    if program is None:
        raise PolicyError("semodule is not installed", install("semodule"))
    root = top / "root"
    for part in ("etc/selinux/newest/contexts/files", "etc/selinux/newest/policy", "var/lib/selinux/newest"):
        (root / part).mkdir(parents=True)
    (root / "etc/selinux/semanage.conf").write_text(_CONFIGURATION)
    try:
        _run([program, "-n", "-p", str(root), "-s", "newest", "-X", "100", "-i", *map(str, modules)], top)
    except PolicyError as error:
        raise PolicyError(
            f"{error.message}",
            "a policy of another release may need that release's tools: give --newer-from a root in which it is built",
        ) from error
    found = sorted((root / "etc/selinux/newest/policy").glob("policy.*"))
    if not found:
        raise PolicyError("semodule built no policy", "report it with the package's name")
    return found[-1]


def _run(argv: List[str], folder: Path, output: Optional[IO[bytes]] = None) -> str:
    """Run a distribution's tool with time bounded.

    Returns:
        What it wrote, where `output` is not given.

    Raises:
        PolicyError: it is missing, fails, or takes too long.
    """
    name = Path(argv[0]).name
    try:
        done = subprocess.run(
            argv,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output if output is not None else subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise PolicyError(f"{name} is not installed", "it is needed to look into that package") from None
    except subprocess.TimeoutExpired:
        raise PolicyError(f"{name} did not end within {_SECONDS} seconds", "is the network there?") from None
    if done.returncode != 0:
        lines = [safe_text(line) for line in done.stderr.splitlines() if line.strip()]
        raise PolicyError(f"{name} failed: {'; '.join(lines[:2]) or f'exit code {done.returncode}'}")
    return "" if done.stdout is None else done.stdout.decode("utf-8", "surrogateescape")
