"""A history that an image brought along is checked like a plan: what no plan may ask for is not undone."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Callable, Dict, List, Tuple, Union

import pytest

from avcdoctor.actions.change import Change
from avcdoctor.apply.apply import apply
from avcdoctor.apply.transaction import Transaction
from avcdoctor.apply.undo import undo
from avcdoctor.errors import AvcdoctorError, HistoryError, PreflightError
from avcdoctor.host.contents import content_of
from avcdoctor.host.items import Edit, Item
from avcdoctor.plan.choose import make_plan
from tests.apply.machines import TestMachine, fake, make_file, make_machine, needs_labels, snapshot
from tests.apply.reports import act, boolean_incident, holding, port_incident, report, unasked
from tests.privileges import needs_root

PAGE = "/srv/page"
LABEL = "system_u:object_r:etc_t:s0"
PERMISSIVE = "(typepermissive httpd_t)"


@pytest.fixture
def machine(tmp_path: Path) -> TestMachine:
    needs_labels(tmp_path)
    made = make_machine(tmp_path / "root")
    made.root.chmod(0o755)
    make_file(made.root, PAGE, LABEL, "x", 0o644)
    return made


def brought(machine: TestMachine, *changes: Change) -> None:
    """Put a transaction into the root's history, as whoever made the image could."""
    machine.history.save(Transaction(1, "applied", 1, 2, root=str(machine.root), changes=changes))


def stored(kind: str, key: Tuple[str, ...], now: str | None, back: str | None) -> Change:
    return Change(kind, key, back, now)


PORT = ("tcp", "81", "81")
IN_STORE: Dict[str, Change] = {
    "a permissive domain": stored("module", ("avcdoctor_x",), None, PERMISSIVE),
    "a module of the policy": stored("module", ("base",), "(allow a_t b_t (file (read)))", None),
    "a process type for files": stored("fcontext", ("/srv/a", "f"), None, "system_u:object_r:httpd_t:s0"),
    "a type nobody knows": stored("fcontext", ("/srv/a", "f"), None, "system_u:object_r:made_up_t:s0"),
    "a pattern that is none": stored("fcontext", ("/srv/( x", "f"), None, LABEL),
    "a file type for a port": stored("port", PORT, None, LABEL),
    "a port that is none": stored("port", ("tcp", "0", "81"), None, "system_u:object_r:http_port_t:s0"),
    "a boolean nobody knows": stored("boolean", ("made_up",), "on", "off"),
    "an odd equivalence": stored("equivalence", ("/srv/a b",), None, "/etc"),
}


@pytest.mark.parametrize("name", IN_STORE)
def test_what_the_store_must_not_get(machine: TestMachine, name: str) -> None:
    change = IN_STORE[name]
    if change.after is not None:
        fake(machine).commit([Edit(Item(change.kind, change.key), change.after)])
    before = fake(machine).content()
    brought(machine, change)
    with pytest.raises(PreflightError, match="asks for what no plan may") as caught:
        undo(machine)
    assert caught.value.exit_code == 7
    assert fake(machine).content() == before


def mode(machine: TestMachine) -> Change:
    return Change("mode", (PAGE,), "6777", "0644", (machine.root / PAGE[1:]).stat().st_ino)


def owner(machine: TestMachine) -> Change:
    return Change("owner", (PAGE,), "12:12", "0:0", (machine.root / PAGE[1:]).stat().st_ino)


def label(machine: TestMachine) -> Change:
    inode = (machine.root / PAGE[1:]).stat().st_ino
    return Change("label", (PAGE,), "system_u:object_r:httpd_t:s0", LABEL, inode)


def new_file(machine: TestMachine) -> Change:
    digest = machine.history.put(b"* * * * * root id\n")
    return Change("file", ("/etc/cron.d/x",), f"{digest} 0644 0 0 {LABEL}", None)


def other_content(machine: TestMachine) -> Change:
    now, digest = content_of(machine.root, PAGE), machine.history.put(b"evil")
    assert now is not None
    machine.history.put(b"x")
    return Change("file", (PAGE,), str(now._replace(sha256=digest)), str(now))


def set_uid_copy(machine: TestMachine) -> Tuple[Change, ...]:
    """A file that is moved, and comes out with another mode."""
    now = content_of(machine.root, PAGE)
    assert now is not None
    machine.history.put(b"x")
    return (
        Change("file", (PAGE,), None, str(now)),
        Change("file", ("/etc/page",), str(now._replace(mode=0o4755)), None),
    )


Maker = Callable[[TestMachine], Union[Change, Tuple[Change, ...]]]
FILES: List[Maker] = [
    mode,
    owner,
    label,
    new_file,
    other_content,
    set_uid_copy,
]


@needs_root
@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
def test_what_files_must_not_get(
    machine: TestMachine, make: Callable[[TestMachine], Change | Tuple[Change, ...]]
) -> None:
    made = make(machine)
    brought(machine, *(made if isinstance(made, tuple) else (made,)))
    before = snapshot(machine.root)
    with pytest.raises(PreflightError, match="asks for what no plan may"):
        undo(machine)
    assert snapshot(machine.root) == before


@needs_root
def test_what_avcdoctor_did_itself_is_undone_and_done_again(machine: TestMachine) -> None:
    script, to, conf = "/etc/web/check.sh", "/usr/libexec/web/check.sh", "/etc/web/web.conf"
    make_file(machine.root, script, LABEL, "#!/bin/sh\n", 0o755)
    make_file(machine.root, conf, LABEL, f"run {script}\n")
    os.chown(machine.root / "srv/page", 0, 12)
    actions = (
        act("file-move", path=script, to=to),
        act("text-replace", path=conf, old=script, new=to),
        act("restorecon", path=to, recursive=False),
        act("chown", path=PAGE, owner="0", group="0"),
        act("chmod", path=PAGE, mode="0664"),
        act("fcontext-add", pattern="/srv/x", type="etc_t", file_type="f"),
        act("module-install", name="avcdoctor_x", cil="(allow httpd_t etc_t (file (read)))"),
    )
    plan = holding(make_plan(report(unasked(boolean_incident()), unasked(port_incident()))), *actions)
    before = (snapshot(machine.root), fake(machine).content())
    apply(plan, machine)
    after = (snapshot(machine.root), fake(machine).content())
    undo(machine)
    store = "var/lib/selinux/default/store.json"
    assert {**snapshot(machine.root), store: ()} == {**before[0], store: ()}
    assert fake(machine).content() == before[1]
    undo(machine, 2)
    assert (snapshot(machine.root), fake(machine).content()) == after


NUMBERS = [
    ('"number": 1', '"number": 2'),
    ('"number": 1', '"number": -1'),
    ('"began": 1', '"began": 1e300'),
    ('"began": 1', f'"began": {10**30}'),
    ('"ended": 2', '"ended": -5'),
    ('"uid": 0', '"uid": "root"'),
    ('"reverts": null', '"reverts": 1'),
    ('"reverts": null', '"reverts": 7'),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("good", "bad"), NUMBERS)
def test_numbers_that_can_not_be(machine: TestMachine, good: str, bad: str) -> None:
    """Such as an undo of itself, which would be looked up for ever, or a moment that no calendar has."""
    brought(machine)
    record = machine.root / "var/lib/avcdoctor/history/000001.json"
    text = record.read_text().replace('"applied"', '"working"')
    assert good in text
    record.write_text(text.replace(good, bad))
    with pytest.raises(HistoryError):
        undo(machine)


BROKEN = [
    "",
    "{",
    "[]",
    "null",
    "[" * 100_000,
    '{"schema_version": 1, "document": "transaction"}',
    '{"schema_version": 1, "document": "transaction", "number": NaN}',
    '{"schema_version": 1, "document": "transaction", "number": 1e999}',
    "\x00" * 100,
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_record_is_one_clear_error(machine: TestMachine, text: str) -> None:
    brought(machine)
    (machine.root / "var/lib/avcdoctor/history/000001.json").write_text(text)
    with pytest.raises(AvcdoctorError) as caught:
        undo(machine)
    assert caught.value.exit_code == 3


FORGED = [
    ("owner", "1"),
    ("owner", "a:b"),
    ("owner", "0:0:0"),
    ("owner", "-1:0"),
    ("mode", ""),
    ("mode", "9999"),
    ("mode", "06440"),
    ("file", "x"),
    ("file", f"{hashlib.sha256(b'x').hexdigest()} 0644 0"),
    ("file", f"{hashlib.sha256(b'x').hexdigest()} 0x44 0 0 l"),
    ("boolean", "maybe"),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("kind", "value"), FORGED)
def test_a_forged_value_is_one_clear_error(machine: TestMachine, kind: str, value: str) -> None:
    brought(machine, Change("label", (PAGE,), "before", "after"))
    record = machine.root / "var/lib/avcdoctor/history/000001.json"
    text = record.read_text().replace('"label"', f'"{kind}"').replace('"after": "after"', '"after": null')
    record.write_text(text.replace('"before": "before"', f'"before": "{value}"'))
    with pytest.raises(HistoryError, match="can't be read"):
        undo(machine)
