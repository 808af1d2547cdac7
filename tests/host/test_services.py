from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from avcdoctor.host.files import Files
from avcdoctor.host.services import Services

Writer = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def writer(path: str, text: str) -> None:
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    return writer


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return Services(Files(tmp_path))


def test_a_unit_with_drop_ins(write: Writer, services: Services) -> None:
    write(
        "/usr/lib/systemd/system/web.service",
        "[Unit]\nUser=not-this\n[Service]\n# a comment\nExecStartPre=-/usr/bin/check --config \\\n  /etc/web.conf\n"
        "ExecStart=@/usr/sbin/web web -D\nUser=www\n",
    )
    write("/usr/lib/systemd/system/web.service.d/10-exec.conf", "[Service]\nExecStart=\nExecStart=/opt/web 'a b'\n")
    write("/usr/lib/systemd/system/web.service.d/20-user.conf", "[Service]\nUser=replaced\n")
    write("/etc/systemd/system/web.service.d/20-user.conf", "[Service]\nNoNewPrivileges=yes\n")
    unit = services.unit("web")
    assert unit is not None
    assert unit.commands() == (("/opt/web", "a b"),)
    assert unit.commands("ExecStartPre") == (("/usr/bin/check", "--config", "/etc/web.conf"),)
    assert unit.programs == ("/opt/web", "/usr/bin/check")
    assert unit.user == "www"  # the file in /etc replaces the one of the same name
    assert unit.no_new_privileges == "NoNewPrivileges"
    assert unit.drop_ins == (
        "/usr/lib/systemd/system/web.service.d/10-exec.conf",
        "/etc/systemd/system/web.service.d/20-user.conf",
    )


def test_etc_wins_and_masked_units_are_gone(write: Writer, services: Services, tmp_path: Path) -> None:
    write("/usr/lib/systemd/system/a.service", "[Service]\nExecStart=/usr/bin/a\n")
    write("/etc/systemd/system/a.service", "[Service]\nExecStart=/opt/a\n")
    write("/usr/lib/systemd/system/b.service", "[Service]\nExecStart=/usr/bin/b\n")
    (tmp_path / "etc/systemd/system/b.service").symlink_to("/dev/null")
    unit = services.unit("a.service")
    assert unit is not None
    assert unit.programs == ("/opt/a",)
    assert services.unit("b") is None
    assert services.unit("../a") is None
    assert services.unit("nothing") is None


def test_an_instance_comes_from_its_template(write: Writer, services: Services) -> None:
    write("/usr/lib/systemd/system/job@.service", "[Service]\nExecStart=/usr/bin/job %i\n")
    write("/etc/systemd/system/job@one.service.d/x.conf", "[Service]\nUser=one\n")
    unit = services.unit("job@one")
    assert unit is not None
    assert (unit.programs, unit.user) == (("/usr/bin/job",), "one")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("NoNewPrivileges=true", "NoNewPrivileges"),
        ("NoNewPrivileges=no\nDynamicUser=yes", ""),
        ("DynamicUser=1", "DynamicUser"),
        ("User=www\nPrivateDevices=yes", "PrivateDevices"),
        ("User=www\nSystemCallFilter=@system-service", "SystemCallFilter"),
        ("User=www\nPrivateDevices=no", ""),
        ("PrivateDevices=yes", ""),  # root keeps CAP_SYS_ADMIN
        ("", ""),
    ],
)
def test_what_stops_a_transition(write: Writer, services: Services, settings: str, expected: str) -> None:
    write("/etc/systemd/system/x.service", f"[Service]\n{settings}\nExecStart=/bin/x\n")
    unit = services.unit("x")
    assert unit is not None
    assert unit.no_new_privileges == expected


def test_units_by_program_with_links_resolved(write: Writer, services: Services, tmp_path: Path) -> None:
    write("/usr/sbin/web-2", "")
    (tmp_path / "usr/sbin/web").symlink_to("web-2")
    write("/lib/systemd/system/web.service", "[Service]\nExecStart=/usr/sbin/web\n")
    write("/lib/systemd/system/broken.service", "[Service]\nExecStart='/usr/sbin/web\n")
    assert [unit.name for unit in services.running("/usr/sbin/web-2")] == ["web.service"]
    assert [unit.name for unit in services.running("/usr/sbin/web")] == ["web.service"]
    assert services.running("/usr/bin/other") == ()
