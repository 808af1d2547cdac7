"""What the machine adds to a verdict over its log."""

import pytest

from avcdoctor.host import open_host
from avcdoctor.triage import judge
from avcdoctor.triage.probe import look
from avcdoctor.triage.unit import UnitFacts

DENIED = b"app[1]: open /srv/data: Permission denied\n"


@pytest.fixture
def root(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/false\n")
    (tmp_path / "srv").mkdir(mode=0o755)
    (tmp_path / "srv/data").write_text("")
    (tmp_path / "srv/data").chmod(0o644)
    return tmp_path


def looked(root, log=DENIED, **settings):
    unit = UnitFacts("app.service", {"User": "web", **settings}, "a test")
    return look(judge(log), open_host(root=str(root)), unit)


def test_a_mode_that_refuses_decides_against_selinux(root):
    (root / "srv/data").chmod(0o600)
    verdict = looked(root)
    assert (verdict.layer, verdict.selinux) == ("dac", "false")
    assert "web may not read /srv/data" in verdict.selinux_why
    assert not verdict.incidents[0].undecided


def test_where_nothing_refuses_selinux_and_the_sandbox_are_left(root):
    verdict = looked(root)
    assert verdict.selinux == "unknown"
    assert "SELinux or the unit's sandbox is left" in verdict.incidents[0].explanation.warnings[0]


def test_a_setting_of_the_unit_decides(root):
    verdict = looked(root, InaccessiblePaths="/srv")
    assert (verdict.layer, verdict.selinux) == ("sandbox", "false")


def test_a_mount_with_noexec_decides(root):
    (root / "etc/fstab").write_text("/dev/a / ext4 defaults 0 1\n/dev/b /srv ext4 noexec 0 2\n")
    (root / "srv/data").chmod(0o755)
    verdict = looked(root, b"app[1]: fork/exec /srv/data: permission denied\n")
    assert (verdict.layer, verdict.selinux) == ("mount", "false")


def test_a_machine_without_selinux(root):
    (root / "etc/selinux").mkdir()
    (root / "etc/selinux/config").write_text("SELINUX=disabled\n")
    verdict = looked(root)
    assert verdict.selinux == "false"
    assert "switched off" in verdict.selinux_why


def test_the_commands_name_the_unit(root):
    remedies = looked(root).incidents[0].explanation.remedies
    words = [word for remedy in remedies for action in remedy.actions for word in action.argv]
    assert "app.service" in words
    assert "UNIT" not in words


def test_a_command_of_a_rule_gets_the_way_back_to_what_the_file_is_now(root):
    (root / "etc/cron.d").mkdir()
    (root / "etc/cron.d/sync").write_text("")
    (root / "etc/cron.d/sync").chmod(0o664)
    mine = (root / "etc/cron.d/sync").stat()
    verdict = looked(root, b"cron[7]: (*system*sync) WRONG FILE OWNER (/etc/cron.d/sync)\n")
    fix = verdict.incidents[0].explanation.remedies[0]
    back = [action.argv for action in fix.undo]
    assert ("chown", "-h", "--", "root:root", "/etc/cron.d/sync") in [action.argv for action in fix.actions]
    assert ("chown", "-h", "--", f"{mine.st_uid}:{mine.st_gid}", "/etc/cron.d/sync") in back


def test_a_report_is_not_walked(root):
    (root / "sos_commands").mkdir()
    host = open_host(root=str(root))
    assert host.report is not None
    (root / "srv/data").chmod(0o600)
    assert looked(root).selinux == "unknown"
