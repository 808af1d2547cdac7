"""What must hold for every renderer and every report, whatever the log and the rule packs say."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avcdoctor.knowledge.weakening import weakens
from avcdoctor.model import (
    Action,
    Counted,
    Finding,
    Group,
    HostSeen,
    Incident,
    InputSummary,
    PolicyInfo,
    Remedy,
    Report,
    RuledOut,
)
from avcdoctor.render import FORMATS, PLAN_FORMATS, How
from avcdoctor.render.text import text as render_text
from tests.render.reports import ALLOWED

OFF = ("setenforce 0", "setenforce Permissive", "SELINUX=disabled", "selinux=0", "semanage permissive -a httpd_t")
RENDERERS = {
    **{name: render for name, render in FORMATS.items() if name not in PLAN_FORMATS or name in ("text", "json")},
    "narrow": lambda report: render_text(report, width=40, verbose=True),
    "wide list": lambda report: FORMATS["list"](report, How(160)),
}

NASTY = st.text(alphabet="ab /'\"\\$`<>&|*_[]#@-\n\r\t\x00\x07\x1b\x7f\x85\u2028\u202e\u00e9\udcff", max_size=16)
ADVICE = st.one_of(NASTY, st.sampled_from(OFF), st.tuples(NASTY, st.sampled_from(OFF)).map(" ".join))
TEXTS = st.lists(ADVICE, max_size=2).map(tuple)
COUNTED = st.lists(st.builds(Counted, NASTY, st.just(1)), max_size=4).map(tuple)
ACTION = st.one_of(
    st.builds(lambda words: Action("restorecon", ("restorecon", *words)), st.lists(NASTY, max_size=3)),
    st.builds(lambda words: Action("manual", tuple(words.split(" "))), ADVICE),
    st.builds(lambda words: Action("manual", (), {"text": words}), ADVICE),
    st.builds(lambda words: Action("module-install", ("semodule",), {"name": "x", "cil": words}), ADVICE),
)
ACTIONS = st.lists(ACTION, max_size=2).map(tuple)
REMEDY = st.builds(
    Remedy,
    kind=st.just("restorecon"),
    title=ADVICE,
    applicability=st.just("safe"),
    lasting=st.booleans(),
    resolves=st.just(1),
    simulation=st.builds(lambda why: replace(ALLOWED, after="denied", why=why), ADVICE),
    grants=TEXTS,
    actions=ACTIONS,
    undo=ACTIONS,
    notes=TEXTS,
)
GROUP = st.builds(
    lambda objects, processes, name: Group(
        "a_t",
        "b_t",
        "file",
        {"read": 1},
        1,
        objects=objects,
        processes=processes,
        ports=processes,
        hosts=(HostSeen(name, 1),),
        host_set=1,
    ),
    COUNTED,
    COUNTED,
    NASTY,
)
FINDING = st.builds(
    Finding,
    cause=st.just("unknown"),
    title=ADVICE,
    why=ADVICE,
    groups=st.lists(GROUP, min_size=1, max_size=2).map(tuple),
    evidence=TEXTS,
    next=ADVICE,
    ruled_out=st.builds(lambda why: (RuledOut("module", why),), ADVICE),
    warnings=TEXTS,
    see=TEXTS,
)
REPORT = st.builds(
    lambda finding, remedies, words, name, number: Report(
        PolicyInfo("file", name, notes=words),
        InputSummary((name,), 1, 1),
        tuple(Incident(name, finding, remedies) for name in ("a1", "a2")[:number]),
        cover=tuple(("a1", index) for index in range(len(remedies))),
        warnings=words,
    ),
    FINDING,
    st.lists(REMEDY, max_size=2).map(tuple),
    TEXTS,
    NASTY,
    st.integers(1, 2),
)
CALM = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def sentences(value):
    """Every string of a JSON document, and every argument list as one line."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (part for item in value for part in sentences(item))
    elif isinstance(value, dict):
        yield " ".join(value.get("argv", ()))
        yield from (part for key, item in value.items() if key != "argv" for part in sentences(item))


@pytest.mark.parametrize("name", sorted(RENDERERS))
@CALM
@given(report=REPORT)
def test_no_format_ever_holds_a_control_character(name, report):
    shown = RENDERERS[name](report)
    assert not [character for character in shown if character != "\n" and not character.isprintable()]
    assert shown.encode("utf-8")


@pytest.mark.parametrize("name", sorted(RENDERERS))
@CALM
@given(report=REPORT)
def test_no_format_ever_tells_anyone_to_switch_selinux_off(name, report):
    shown = RENDERERS[name](report)
    passages = list(sentences(json.loads(shown))) if name == "json" else [re.sub(r"\s+", " ", shown)]
    assert not [passage for passage in passages if weakens(passage)]
