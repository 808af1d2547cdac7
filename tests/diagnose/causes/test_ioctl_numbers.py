"""Ioctl numbers that extended permissions leave out, although the type rule grants ioctl."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host, reference
from tests.denials import denied, diagnosed
from tests.machines import compile_with, system_at

RULES = """
(type app_t) (call process_domain (app_t))
(type app_device_t) (call ordinary_file (app_device_t))
(allow app_t app_device_t (file (getattr open read ioctl)))
(allowx app_t app_device_t (ioctl file ((range 0x5401 0x5403))))
"""


@pytest.fixture(scope="module")
def narrowed(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A machine where app_t may use three ioctl numbers."""
    return system_at(tmp_path_factory.mktemp("ioctls"), RULES)


def test_a_number_that_is_left_out_gets_a_rule_for_that_number(narrowed: Host, tmp_path: Path) -> None:
    log = denied("app_t", "app_device_t", "file", "ioctl", path="/srv/app/device", ioctlcmd="0x8912")
    incident = diagnosed(log, narrowed)
    assert incident.finding.cause == "policy-gap"
    module = next(one for one in incident.remedies if one.kind == "module")
    assert module.actions[0].parameters["cil"] == "(allowx app_t app_device_t (ioctl file (0x8912)))\n"
    assert (module.simulation.before, module.simulation.after) == ("denied", "allowed")
    source = tmp_path / "module.cil"
    source.write_text(RULES + str(module.actions[0].parameters["cil"]))

    sources = reference.source_dir()
    assert sources is not None
    compile_with(sources, [source], tmp_path / "policy.33")


def test_a_number_that_is_allowed_is_an_old_log(narrowed: Host) -> None:
    log = denied("app_t", "app_device_t", "file", "ioctl", path="/srv/app/device", ioctlcmd="0x5402")
    assert diagnosed(log, narrowed).finding.cause == "already-allowed"
