"""systemd's set-up of a service, and what its own view of the file system hides."""

import re

import pytest

from avcdoctor.triage import judge
from avcdoctor.triage.layers.sandbox import NUMBERS, STEPS


def leading(log):
    return judge(log.encode()).incidents[0]


def test_the_numbers_are_systemds():
    assert (NUMBERS[200], NUMBERS[203], NUMBERS[217], NUMBERS[226]) == ("CHDIR", "EXEC", "USER", "NAMESPACE")
    assert set(NUMBERS.values()) <= set(STEPS)


def test_a_home_that_is_closed_to_its_owner():
    one = leading("mailerd[1]: open /home/kim/.key for user kim: Permission denied")
    assert (one.layer, one.explanation.kind, one.undecided) == ("sandbox", "home-hidden", True)
    assert "ProtectHome=read-only" in one.explanation.remedies[0].title
    assert leading("mailerd[1]: open /home/kim/.key for user eve: Permission denied").layer == "dac"


def test_a_device_that_every_system_has():
    one = leading("vpnd[1]: open /dev/net/tun: No such file or directory")
    assert (one.layer, one.explanation.kind) == ("sandbox", "device-hidden")
    assert leading("vpnd[1]: open /dev/ttyUSB7: No such file or directory").layer == "path"


def test_the_device_control_group_answers_eperm():
    verdict = judge(b"vpnd[1]: open /dev/ttyUSB0: Operation not permitted")
    assert (verdict.layer, verdict.selinux) == ("sandbox", "false")
    assert "DeviceAllow=/dev/ttyUSB0 rw" in verdict.incidents[0].explanation.remedies[0].title


@pytest.mark.parametrize(
    "log",
    [
        "vpnd[1]: open /dev/mem: Operation not permitted",
        "chown: changing ownership of '/dev/a': Operation not permitted",
    ],
)
def test_other_reasons_for_eperm_at_a_device(log):
    assert leading(log).layer != "sandbox"


@pytest.mark.parametrize("step", ["STDOUT", "STATE_DIRECTORY", "CHDIR"])
def test_steps_at_files_can_be_selinux(step):
    one = leading(f"(till)[9]: till.service: Failed at step {step} spawning /usr/bin/till: Permission denied")
    assert one.undecided


def test_what_systemd_says_of_one_step_is_one_finding():
    log = (
        "systemd[88]: till.service: Failed to set up standard output: Permission denied\n"
        "systemd[88]: till.service: Failed at step STDOUT spawning /usr/bin/till: Permission denied\n"
    )
    verdict = judge(log.encode())
    assert len(verdict.incidents) == 1
    assert verdict.incidents[0].explanation.remedies[0].kind == "restorecon"


def test_the_unit_is_named_in_the_commands():
    explanation = leading("(till)[9]: till.service: Failed at step LIMITS spawning /usr/bin/till: No").explanation
    assert explanation.remedies[0].actions[0].argv == ("systemctl", "cat", "till.service")


@pytest.mark.parametrize("status", ["203/EXEC", "209/STDOUT"])
def test_a_status_alone_excludes_nothing(status):
    assert leading(f"systemd[1]: till.service: Main process exited, code=exited, status={status}").undecided


def test_no_step_is_unknown_to_the_expressions():
    assert all(re.fullmatch(r"[A-Z_]+", step) for step in STEPS)
