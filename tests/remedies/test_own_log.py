"""On the machine that wrote the log, remedies look at what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds
from tests.machines import system_at

LOG = denied("httpd_t", "user_home_t", "file", "read", comm="httpd", path="/var/www/html/page.html")


@pytest.fixture()
def machine(tmp_path: Path) -> Host:
    """A machine with files."""
    return system_at(tmp_path)


def test_what_is_not_there_is_not_restored(machine: Host) -> None:
    """No command is given, and no wider access is put in its place."""
    first = diagnosed(LOG, machine, own_log=True).remedies[0]
    assert (first.kind, first.applicability) == ("restorecon", "manual")
    assert [action.argv for action in first.actions] == [()]


def test_what_is_there_is_restored(machine: Host, tmp_path: Path) -> None:
    (tmp_path / "var/www/html").mkdir(parents=True)
    (tmp_path / "var/www/html/page.html").write_text("hello")
    assert kinds(diagnosed(LOG, machine, own_log=True))[0] == "restorecon"


def test_a_log_from_elsewhere_is_not_held_against_these_files(tmp_path: Path) -> None:
    assert kinds(diagnosed(LOG, system_at(tmp_path)))[0] == "restorecon"


def test_a_type_the_machine_lacks_is_not_offered(machine: Host) -> None:
    log = denied("syslogd_t", "bin_t", "file", "execute", comm="rsyslogd", path="/usr/local/bin/collect")
    for remedy in diagnosed(log, machine, own_log=True).remedies:
        for action in remedy.actions:
            type_ = str(action.parameters.get("type", ""))
            assert not type_ or (machine.policy is not None and machine.policy.has_type(type_))


def test_a_log_from_elsewhere_is_judged_alike_before_and_after_one_s_own(machine: Host) -> None:
    """Whose log it is belongs to the question, not to the host: nothing of an earlier answer stays."""
    before = diagnosed(LOG, machine).remedies
    assert diagnosed(LOG, machine, own_log=True).remedies != before
    assert diagnosed(LOG, machine).remedies == before
