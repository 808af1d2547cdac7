"""Whether a newer policy closes a gap: Debian 12's policy judged against Debian 13's, both as their packages are."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

from avcdoctor import api
from avcdoctor.host import Host, newest
from avcdoctor.host.newest import Newest
from avcdoctor.review import newer

NEEDED = (
    "selinux-policy-default policycoreutils semodule-utils libc6 libsemanage2 libsepol2 libselinux1 libaudit1 "
    "libbz2-1.0 libcap-ng0 libpcre2-8-0"
)


def denial(serial: int, source: str, permission: str, target: str) -> str:
    return (
        f'type=AVC msg=audit(1700000000.000:{serial}): avc:  denied  {{ {permission} }} for  pid=1 comm="a{serial}" '
        f"scontext=system_u:system_r:{source}:s0 tcontext=system_u:object_r:{target}:s0 tclass=file permissive=0\n"
    )


def sources() -> str:
    """This machine's own package sources, for the release after Debian 12."""
    for place in (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list")):
        text = place.read_text() if place.is_file() else ""
        for stanza in text.split("\n\n"):
            lines = [line for line in stanza.splitlines() if line.strip() and not line.startswith("#")]
            if any(line.startswith("Suites:") and "bookworm" in line and "security" not in line for line in lines):
                new = ["Suites: trixie" if line.startswith("Suites:") else line for line in lines]
                return "\n".join(new) + "\n"
            for line in lines:
                if line.startswith("deb ") and " bookworm " in line:
                    return line.replace(" bookworm ", " trixie ") + "\n"
    raise AssertionError("this machine's package sources name no Debian 12")


@pytest.fixture(scope="module")
def trixie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newest]:
    """Debian 13's policy, built by its own tools in a root of its own."""
    folder = tmp_path_factory.mktemp("trixie")
    listed = folder / ("trixie.sources" if "Types:" in sources() else "trixie.list")
    listed.write_text(sources())
    root = folder / "root"
    include = ",".join(NEEDED.split())
    argv = ["mmdebstrap", "--mode=root", "--variant=extract", f"--include={include}", "trixie", root, listed]
    subprocess.run(argv, check=True, capture_output=True, timeout=250)
    (root / "etc/selinux/semanage.conf").write_text("module-store = direct\nexpand-check = 0\n")
    (root / "var/lib/selinux/default").mkdir(parents=True, exist_ok=True)
    for name in ("lib", "lib64", "bin", "sbin"):
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    modules = [f"/{one.relative_to(root)}" for one in sorted(root.glob("usr/share/selinux/default/*.pp.bz2"))]
    build = ["chroot", root, "/usr/sbin/semodule", "-n", "-s", "default", "-X", "100", "-i", *modules]
    subprocess.run(build, check=True, capture_output=True, timeout=250)
    yield newest.given(root)
    shutil.rmtree(root)


@pytest.mark.policy
@pytest.mark.slow
def test_debian_12_judged_against_debian_13(trixie: Newest, debian_system: Host, tmp_path: Path) -> None:
    old, new = debian_system.policy, trixie.policy
    assert old is not None
    gained = next(
        (source, target, permission)
        for source in sorted(old.types & new.types)
        if old.is_domain(source) and not old.is_permissive(source)
        for target in ("sysctl_net_t", "proc_t", "cgroup_t", "init_t")
        for permission in ("read", "getattr")
        if permission in new.allowed(source, target, "file") and permission not in old.allowed(source, target, "file")
    )
    source, target, permission = gained
    log = tmp_path / "audit.log"
    log.write_text(denial(1, source, permission, target) + denial(2, "sshd_t", "write", "proc_t"))
    report = newer.judge(api.explain([str(log)], host=debian_system), trixie)
    by_source = {one.finding.groups[0].source: one for one in report.incidents}
    first = by_source[source].remedies[0]
    assert (first.kind, first.simulation.after) == ("policy-update", "allowed")
    assert not any("allows this: update" in one.title for one in by_source["sshd_t"].remedies)
    assert any("denies it, too" in text for text in by_source["sshd_t"].finding.evidence)


@pytest.mark.policy
def test_a_policy_that_lacks_the_types_says_so(debian_system: Host, system: Host, tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(denial(2, "zarafa_spooler_t", "write", "proc_t"))
    assert system.policy is not None
    report = newer.judge(api.explain([str(log)], host=debian_system), Newest("a small policy", system.policy))
    [gap] = report.incidents
    assert newer.is_gap(gap)
    assert any("does not know these types" in text for text in gap.finding.evidence)
