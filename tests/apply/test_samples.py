"""Every remedy of every sample makes a plan that can be saved, read back and shown in each format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from avcdoctor.actions.posix import shell_line
from avcdoctor.actions.registry import undo
from avcdoctor.api import explain
from avcdoctor.errors import UsageError
from avcdoctor.host import Host
from avcdoctor.plan.choose import make_plan, needs_asking
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.file import from_document, to_json
from avcdoctor.plan.simulate import proven_plan
from avcdoctor.render import FORMATS, PLAN_FORMATS, shell
from avcdoctor.render.plans import render
from avcdoctor.render.quote import display_command
from avcdoctor.render.text import text

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*/audit.log"))


@pytest.mark.parametrize("log", SAMPLES, ids=[log.parent.name for log in SAMPLES])
def test_every_remedy_of_a_sample(log: Path, system: Host) -> None:
    report = explain([str(log)], host=system)
    assert report.incidents
    for incident in report.incidents:
        for number in range(1, len(incident.remedies) + 1):
            plan = make_plan(report, [incident.id], number)
            assert from_document(json.loads(to_json(plan))) == plan
            for form in PLAN_FORMATS:
                assert not re.search(r"setenforce|permissive", render(plan, form))
        with pytest.raises(UsageError, match="has no remedy"):
            make_plan(report, [incident.id], len(incident.remedies) + 1)


@pytest.mark.parametrize("log", SAMPLES, ids=[log.parent.name for log in SAMPLES])
def test_every_way_back_is_the_same(log: Path, system: Host) -> None:
    """explain, its JSON, the plan's JSON and the script tell one way back, which is that of the actions."""
    report = explain([str(log)], host=system)
    page = text(report, width=100, color=False, verbose=True)
    documents = json.loads(FORMATS["json"](report))["incidents"]
    for incident, document in zip(report.incidents, documents):
        for number, remedy in enumerate(incident.remedies, 1):
            plan = make_plan(report, [incident.id], number)
            back = [list(action.argv) for action in undo(remedy.actions)]
            assert [action["argv"] for action in document["remedies"][number - 1]["undo"]] == back
            saved = json.loads(to_json(plan))
            assert [action["argv"] for action in saved["undo"]] == back
            assert [action["argv"] for action in saved["steps"][0]["undo"]] == back
            told = shell.script(plan).partition("# to take it back:\n")[2].splitlines()
            assert told == ([f"#   {shell_line(argv)}" for argv in back] or ["#   nothing has to be taken back"])
            assert all(display_command(argv) in page for argv in back)


@pytest.mark.parametrize("log", SAMPLES, ids=[log.parent.name for log in SAMPLES])
def test_the_plan_is_the_advice(log: Path, system: Host) -> None:
    report = explain([str(log)], host=system)
    taken, left_out = {}, set()
    try:
        plan = proven_plan(report, system, make_plan)
        taken, left_out = {step.incident: step.remedy for step in plan.steps}, {one.incident for one in plan.skipped}
    except EmptyPlanError as error:
        left_out = {one.incident for one in error.skipped}
    for incident in report.incidents:
        first = incident.remedies[0]
        helps = first.applicability != "manual" and first.simulation.after != "denied"
        expected = helps and not needs_asking(first)
        assert (taken.get(incident.id) == 1) is expected, incident.finding.title
        assert (incident.id in left_out) is not expected
