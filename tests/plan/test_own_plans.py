"""A plan that avcdoctor saved is never refused by avcdoctor itself, whatever the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avcdoctor.api import explain
from avcdoctor.errors import UsageError
from avcdoctor.host import Host, open_host
from avcdoctor.model import Report
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.file import load, to_json
from tests.denials import denied, explained
from tests.machines import system_at
from tests.remedies.corpus import BY_KIND


def saved_and_read(report: Report, folder: Path) -> int:
    """Save and read a plan for every remedy of a report; how many there were."""
    count = 0
    for incident in report.incidents:
        for number in range(1, len(incident.remedies) + 1):
            try:
                plan = make_plan(report, [incident.id], number)
            except EmptyPlanError as error:
                assert "is refused" in str(error) or "stay denied" in str(error)
                continue
            (folder / "plan.json").write_text(to_json(plan))
            assert load(str(folder / "plan.json")) == plan
            assert json.loads(to_json(plan))["undo"] == json.loads(to_json(load(str(folder / "plan.json"))))["undo"]
            count += 1
    return count


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_every_kind_of_remedy(kind: str, system: Host, tmp_path: Path) -> None:
    assert saved_and_read(explained(BY_KIND[kind], system), tmp_path)


@pytest.mark.parametrize("script", ["#!/bin/sh\n", "#!/usr/bin/env python3\n", "#! /bin/bash -e\n"])
def test_a_module_that_holds_a_scripts_interpreter(script: str, tmp_path: Path) -> None:
    host = system_at(tmp_path / "root")
    place = host.root / "usr/local/bin/collect"
    for path in (place, host.root / "bin/sh", host.root / "bin/bash", host.root / "usr/bin/env"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
    (host.root / "usr/bin/python3").write_text("")
    log = host.root / "var/log/audit/audit.log"
    log.parent.mkdir(parents=True)
    log.write_text(denied("named_t", "bin_t", "file", "execute", comm="named", path="/usr/local/bin/collect"))
    report = explain([], host=open_host(root=str(host.root)), root=str(host.root))
    assert any(one.kind == "module" for incident in report.incidents for one in incident.remedies)
    assert saved_and_read(report, tmp_path)


def test_all_incidents_together(system: Host, tmp_path: Path) -> None:
    report = explained("".join(BY_KIND.values()), system)
    try:
        plan = make_plan(report, allow_modules=True)
    except UsageError as error:  # nothing here may contradict
        pytest.fail(str(error))
    (tmp_path / "plan.json").write_text(to_json(plan))
    assert load(str(tmp_path / "plan.json")) == plan
