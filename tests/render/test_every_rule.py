"""The promise over the shipped knowledge: whatever rule answers, no format tells anyone to switch SELinux off."""

import re
from dataclasses import replace

import pytest

from avcdoctor import api
from avcdoctor.errors import NoRemedyError
from avcdoctor.host import open_host
from avcdoctor.knowledge.weakening import WITHHELD, weakens
from avcdoctor.model import Report
from avcdoctor.plan.choose import make_plan
from avcdoctor.read.pasted import read_text
from avcdoctor.render import PLAN_FORMATS, plans
from avcdoctor.render.text import text
from tests.render.formats import every_format

KNOWN = api.knowledge()
EXAMPLES = [
    pytest.param(example.log, id=f"{rule.id}-{number}")
    for rule in KNOWN.rules
    for number, example in enumerate(rule.examples)
    if example.matches
]


@pytest.fixture(scope="module")
def host():
    """The reference policy, which is the same on every machine."""
    return open_host("reference")


def without_never(report: Report) -> Report:
    """A report whose incidents don't say what never to do: the only place where the words may stand."""
    return replace(
        report,
        incidents=tuple(
            replace(incident, finding=replace(incident.finding, never=())) for incident in report.incidents
        ),
    )


def outputs(report):
    """(format, output) for every format of a report and of its plan."""
    yield from every_format(report)
    yield "verbose", text(report, verbose=True)
    try:
        plan = make_plan(report, allow_modules=True)
    except NoRemedyError:
        return  # nothing is left to plan, or the plan refuses a remedy: no output, no promise to break
    yield from ((f"plan-{name}", plans.render(plan, name)) for name in PLAN_FORMATS)


@pytest.mark.parametrize("log", EXAMPLES)
def test_no_rule_makes_any_format_break_the_promise(log, host):
    report = api.report(read_text(log), host, KNOWN)
    assert report.incidents
    for name, shown in outputs(without_never(report)):
        assert not weakens(re.sub(r"\s+", " ", shown)), name
        assert WITHHELD not in shown, f"{name}: a rule says what it must not"
        assert not [character for character in shown if character != "\n" and not character.isprintable()], name
