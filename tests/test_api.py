"""The main job as one function: logs in, report out; nothing is changed by looking."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, Tuple

import pytest

import avcdoctor
from avcdoctor import api
from avcdoctor.errors import InputError, PolicyError
from avcdoctor.host import Host
from avcdoctor.host.reference import compiled
from avcdoctor.model import Report
from tests.denials import denied
from tests.machines import system_at
from tests.remedies.corpus import BY_KIND

LOG = BY_KIND["restorecon"]
FIRST = 1767225601000  # milliseconds: when the logs of tests begin


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "audit.log"
    path.write_text(LOG + denied("redis_t", "redis_t", "capability", "dac_override", comm="redis-server", serial=60))
    return str(path)


def test_it_is_the_package_s_public_face() -> None:
    assert avcdoctor.explain is api.explain


def test_logs_in_report_out(system: Host, log: str) -> None:
    report = avcdoctor.explain([log], host=system)
    assert isinstance(report, Report)
    assert report.input.denials == 2
    assert {one.finding.cause for one in report.incidents} == {"wrong-label", "ownership"}
    assert report.policy.name.startswith("Example's targeted policy")
    assert report.policy.origin == "root"


def test_a_policy_that_is_named_is_asked(log: str) -> None:
    report = avcdoctor.explain([log], policy=str(compiled()))
    assert report.policy.origin == "file"
    assert report.incidents[0].remedies[0].kind


def test_the_reference_policy_by_its_name(log: str) -> None:
    assert avcdoctor.explain([log], policy="reference").policy.origin == "reference"


def test_times_bound_what_is_read(system: Host, log: str) -> None:
    assert avcdoctor.explain([log], host=system, since=FIRST + 30_000).input.denials == 1
    assert avcdoctor.explain([log], host=system, until=FIRST + 30_000).input.denials == 1
    assert avcdoctor.explain([log], host=system, since=FIRST + 90_000).incidents == ()


def test_an_offline_root_brings_policy_labels_and_log(tmp_path: Path) -> None:
    system_at(tmp_path)
    (tmp_path / "var" / "log" / "audit").mkdir(parents=True)
    (tmp_path / "var" / "log" / "audit" / "audit.log").write_text(LOG)
    (tmp_path / "var" / "www" / "html").mkdir(parents=True)
    (tmp_path / "var" / "www" / "html" / "a.html").touch()
    report = avcdoctor.explain(root=str(tmp_path))
    assert report.policy.origin == "root"
    assert report.incidents[0].remedies[0].actions[0].argv == ("restorecon", "-v", "/var/www/html/a.html")


def test_a_file_that_is_not_there_any_more_needs_no_restoring_and_no_wider_access_first(tmp_path: Path) -> None:
    system_at(tmp_path)
    (tmp_path / "var" / "log" / "audit").mkdir(parents=True)
    (tmp_path / "var" / "log" / "audit" / "audit.log").write_text(LOG)
    first = avcdoctor.explain(root=str(tmp_path)).incidents[0].remedies[0]
    assert (first.kind, first.applicability) == ("restorecon", "manual")
    assert "not there any more" in first.simulation.why


def test_rules_of_one_s_own_are_read_beside_the_shipped_ones(system: Host, log: str, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yaml").write_text("service: [")
    report = avcdoctor.explain([log], host=system, rules=[tmp_path / "rules"])
    assert any("broken.yaml" in warning for warning in report.warnings)
    assert len(report.incidents) == 2


def test_a_log_that_is_not_there_is_told(system: Host, tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        avcdoctor.explain([str(tmp_path / "nothing.log")], host=system)
    assert "nothing.log" in told.value.message
    assert told.value.hint


@pytest.mark.parametrize("content", [b"", b"not a policy", b"\x8c\xff\x7c\xf9\x08\x00\x00\x00SE Linux\x21\x00\x00\x00"])
def test_a_damaged_policy_is_told(log: str, tmp_path: Path, content: bytes) -> None:
    policy = tmp_path / "policy.33"
    policy.write_bytes(content)
    with pytest.raises(PolicyError) as told:
        avcdoctor.explain([log], policy=str(policy))
    assert "policy.33" in told.value.message


def test_types_the_policy_lacks_are_listed(system: Host, tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.write_text(denied("strange_t", "etc_t", "file", "read", comm="strange", name="a"))
    assert avcdoctor.explain([str(path)], host=system).policy.unknown_types == ("strange_t",)


def state(root: Path) -> Dict[str, Tuple[int, int, bytes]]:
    """Mode, time and content of everything below a directory."""
    found = {}
    for folder, _folders, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            seen = path.lstat()
            found[str(path)] = (seen.st_mode, seen.st_mtime_ns, path.read_bytes())
    return found


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    host = system_at(tmp_path)
    (tmp_path / "audit.log").write_text("".join(BY_KIND.values()))
    before = state(tmp_path)
    avcdoctor.explain([str(tmp_path / "audit.log")], host=host)
    assert state(tmp_path) == before


def test_the_same_log_gives_the_same_report(system: Host, log: str) -> None:
    assert avcdoctor.explain([log], host=system) == avcdoctor.explain([log], host=system)
