"""A plan from a stranger: whatever a text in it says, nothing unsafe is shown and nothing is justified by it."""

from __future__ import annotations

import copy
import json
import re
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avcdoctor.actions.registry import unforeseen
from avcdoctor.errors import PlanError
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.file import from_document, to_json
from avcdoctor.render import PLAN_FORMATS
from avcdoctor.render.plans import render
from tests.apply.reports import boolean_incident, label_incident, port_incident, report, script_incident

PLAN = make_plan(report(script_incident(), label_incident(), boolean_incident(), port_incident()))
MODULE = make_plan(report(script_incident()), remedy=3)
EVIL = (
    "\x1b[2J\x1b[H\x1b]0;pwn\x07",
    "ok\x1b[3J\nplan for 1 incident, 1 action\n  commands\n    restorecon -v /srv/a\n",
    "\u202e\u2066evil\u2069",
    "{{ lookup('pipe', 'id') }}",
    "CIL\nrm -rf /\n",
    "'; touch /tmp/owned #",
    "\udcff\x9b31m\x00",
    "\r\n# x",
)
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\udc80-\udcff]")


def texts_of(value: Any, way: Tuple[Any, ...] = ()) -> Iterator[Tuple[Any, ...]]:
    """Where the texts of a document are."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_of(inner, (*way, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts_of(inner, (*way, number))
    elif isinstance(value, str):
        yield way


DOCUMENTS: List[Dict[str, Any]] = [json.loads(to_json(plan)) for plan in (PLAN, MODULE)]
PLACES = [(number, way) for number, document in enumerate(DOCUMENTS) for way in texts_of(document)]


def replaced(number: int, way: Tuple[Any, ...], words: str) -> Dict[str, Any]:
    document = copy.deepcopy(DOCUMENTS[number])
    place: Any = document
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = words
    return document


@pytest.mark.parametrize("words", EVIL, ids=range(len(EVIL)))
def test_no_text_of_a_plan_reaches_the_terminal_as_it_is(words: str) -> None:
    shown = 0
    for number, way in PLACES:
        try:
            plan = from_document(replaced(number, way, words))
        except PlanError as error:
            assert _UNSAFE.search(str(error)) is None
            continue
        shown += 1
        for form in PLAN_FORMATS:
            page = render(plan, form)
            assert _UNSAFE.search(page) is None, (form, way)
            assert not any(line.startswith(("plan for 1 incident", "rm -rf")) for line in page.splitlines()[1:])
            if form == "ansible" and "{{" in words:
                told = [line for line in page.splitlines() if "lookup" in line and not line.startswith("#")]
                assert all("!unsafe" in line for line in told)
    assert shown > 20


def test_forged_groups_and_verdicts_justify_nothing() -> None:
    """Who asks for more than the remedy's kind foresees is refused; what is left is for a person to read."""
    document = copy.deepcopy(DOCUMENTS[1])
    step = document["steps"][0]
    step["groups"] = [["", "httpd_t", "shadow_t", "file"]]
    step["actions"][0]["parameters"]["cil"] = "(allow httpd_t shadow_t (file (read)))"
    plan = from_document(document)
    assert plan.applicability == "review"
    assert "allow httpd_t shadow_t:file { read };" in render(plan, "text")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(EVIL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_KEYS = ("do", "argv", "parameters", "kind", "path", "mode", "type", "cil", "name", "groups", "applicability", "undo")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLACES), st.sampled_from(_KEYS), _json)
def test_anything_anywhere_is_a_plan_or_one_clear_error(
    place: Tuple[int, Tuple[Any, ...]], key: str, value: Any
) -> None:
    document = replaced(place[0], place[1], "x")
    target: Any = document
    for step in place[1][:-1]:
        target = target[step]
        if isinstance(target, dict) and key in target:
            target[key] = value
            break
    try:
        plan = from_document(document)
    except PlanError as error:
        assert _UNSAFE.search(str(error)) is None
        return
    for one in plan.steps:
        assert unforeseen(one.kind, one.actions) == ""
    assert all(_UNSAFE.search(render(plan, form)) is None for form in PLAN_FORMATS)
