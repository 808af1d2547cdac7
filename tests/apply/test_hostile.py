"""Names that somebody else chose: they change what they name and nothing else, and no plan ever goes beyond it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Dict, FrozenSet, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avcdoctor.access.whole import whole
from avcdoctor.apply.apply import apply
from avcdoctor.apply.undo import undo
from avcdoctor.host.pinned import LABEL
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.file import from_document, to_json
from avcdoctor.plan.preconditions import survey
from avcdoctor.render import PLAN_FORMATS
from avcdoctor.render.plans import render
from tests.apply.machines import fake, make_file, make_machine, needs_labels, snapshot
from tests.apply.reports import act, group, incident, remedy, report, script_incident, unasked

NAMES = [
    "it's",
    'say "hi"',
    "two\nlines",
    "a;reboot;b",
    "$(touch owned)",
    "`touch owned`",
    "\x1b]0;owned\x07\x1b[2J",
    "--recursive",
    "-rf",
    "with space ",
    "[a-z]+(b|c)?.*",
    "^start$",
    "back\\slash",
    "{{ lookup('pipe', 'touch owned') }}",
    "%s%n",
    "#comment",
    "caf\u00e9",
    "\udcff\udcfe",
    "~root",
    "a&b|c>d<e",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_hostile_name_is_relabelled_and_nothing_else(tmp_path: Path, name: str) -> None:
    needs_labels(tmp_path)
    machine = make_machine(tmp_path / "root")
    machine.root.chmod(0o755)
    path = f"/etc/keepalived/{name}"
    place = make_file(machine.root, path, "system_u:object_r:etc_t:s0")
    for neighbour in ("a", "start", "abc", "reboot", "owned.txt"):
        make_file(machine.root, f"/etc/keepalived/{neighbour}", "system_u:object_r:etc_t:s0")
    before = snapshot(machine.root)
    here = set(os.listdir())  # noqa: PTH208 - names alone
    chosen = survey(make_plan(report(unasked(script_incident(path))), remedy=1), machine)
    assert from_document(json.loads(to_json(chosen))) == chosen
    outcome = apply(chosen, machine)
    stored = fake(machine).content()
    assert len(stored) == 1
    pattern = next(iter(stored)).split(" ")[1]
    assert re.compile(pattern.encode()).fullmatch(path.encode("utf-8", "surrogateescape"))
    assert not any(
        re.compile(pattern.encode()).fullmatch(f"/etc/keepalived/{other}".encode()) for other in ("a", "abc", "start")
    )
    changed = {key for key, value in snapshot(machine.root).items() if before.get(key) != value}
    assert changed <= {str(place.relative_to(machine.root)), "var/lib/selinux/default/store.json"}
    assert set(os.listdir()) == here  # noqa: PTH208 - as above
    undo(machine, outcome.transaction.number)
    left = {key for key, value in snapshot(machine.root).items() if before.get(key) != value}
    assert left <= {"var/lib/selinux/default/store.json"}
    assert fake(machine).content() == {}
    assert LABEL in os.listxattr(place)


TYPES = st.sampled_from(["httpd_t", "etc_t", "shadow_t", "self", "domain"])
CLASSES = st.sampled_from(["file", "dir", "process"])
PERMISSIONS = st.sets(st.sampled_from(["read", "open", "getattr", "write", "execute", "map", "search"]), min_size=1)
DENIED = st.tuples(TYPES, TYPES, CLASSES, PERMISSIONS)
RULE = st.tuples(st.sampled_from(["allow", "dontaudit"]), TYPES, TYPES, CLASSES, PERMISSIONS)
EXTRA = st.sampled_from(
    ["", "(typepermissive httpd_t)", "(permissive httpd_t)", "; setenforce 0", "(typeattributeset domain (etc_t))"]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(TYPES, TYPES, CLASSES, PERMISSIONS), min_size=1, max_size=3), st.lists(RULE, max_size=3), EXTRA
)
def test_no_plan_goes_beyond_what_was_denied(
    denied: List[Tuple[str, str, str, FrozenSet[str]]],
    rules: List[Tuple[str, str, str, str, FrozenSet[str]]],
    extra: str,
) -> None:
    cil = "".join(f"({word} {s} {t} ({c} ({' '.join(sorted(p))})))\n" for word, s, t, c, p in rules) + extra
    groups = [group(source, target, tclass, sorted(names)) for source, target, tclass, names in denied]
    module = remedy("module", (act("module-install", name="avcdoctor_x", cil=cil),))
    try:
        chosen = make_plan(report(incident("i", groups, (module,))), allow_modules=True)
    except EmptyPlanError:
        return
    allowed: Dict[Tuple[str, str, str], FrozenSet[str]] = {}
    for source, target, tclass, names in denied:
        key = (source, target, tclass)
        allowed[key] = allowed.get(key, frozenset()) | frozenset(names)
    for rule in chosen.accesses():
        target = rule.source if rule.target == "self" else rule.target
        seen = allowed[(rule.source, target, rule.tclass)]
        assert rule.permissions <= seen | whole(rule.tclass, seen)
    for form in PLAN_FORMATS:
        assert not re.search(r"permissive|setenforce", render(chosen, form))
