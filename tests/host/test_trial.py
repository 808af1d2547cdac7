"""A module is tried in a copy of the store; what other modules do wrong is not its fault."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from avcdoctor.errors import PolicyError
from avcdoctor.host import reference, trial

REFUSING = """#!/bin/sh
# Stands in for semodule: refuses for the reason in $STUB_SAID while neverallow rules are checked.
if grep -q 'expand-check = 1' "$3/etc/selinux/semanage.conf"; then
    cat "$STUB_SAID" >&2
    exit 1
fi
cp "$STUB_POLICY" "$3/etc/selinux/$5/policy/policy.33"
"""


@pytest.fixture()
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with an empty store, and a semodule that says what `said` holds."""
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    (tmp_path / "root/var/lib/selinux/example/active").mkdir(parents=True)
    program = tmp_path / "semodule"
    program.write_text(REFUSING)
    program.chmod(0o755)
    monkeypatch.setattr(trial, "_PROGRAM", str(program))
    monkeypatch.setenv("STUB_SAID", str(tmp_path / "said"))
    monkeypatch.setenv("STUB_POLICY", str(reference.compiled()))
    return tmp_path / "root"


def outcome(root: Path, said: str) -> trial.Trial:
    (root.parent / "said").write_text(said)
    with trial.built(root, "example", {"avcdoctor_x": "(allow a b (file (read)))"}) as found:
        return found


def test_a_neverallow_that_another_module_breaks_says_nothing_of_this_one(root: Path) -> None:
    said = "neverallow check failed at /x/modules/100/base/cil:9\n  allow at /x/modules/400/other/cil:1\n"
    found = outcome(root, said)
    assert found.policy is not None and not found.refused


def test_a_neverallow_that_this_module_breaks_refuses_it(root: Path) -> None:
    said = "neverallow check failed at /x/modules/100/base/cil:9\n" + "  more\n" * 20
    found = outcome(root, said + "  allow at /x/modules/400/avcdoctor_x/cil:1\n")
    assert found.policy is None and "avcdoctor_x" in found.refused


def test_a_long_list_of_others_hides_nothing(root: Path) -> None:
    said = "neverallow check failed at /x/modules/100/base/cil:9\n" + "  allow at /x/modules/400/other/cil:1\n" * 90
    found = outcome(root, said + "  allow at /x/modules/400/avcdoctor_x/cil:1\n")
    assert found.policy is None and "avcdoctor_x" in found.refused


def test_a_shortened_list_tells_nothing(root: Path) -> None:
    said = "neverallow check failed at /x/modules/100/base/cil:9\n  allow at /x/modules/400/other/cil:1\n"
    with pytest.raises(PolicyError, match="can't be tried"):
        outcome(root, said + '    Only first 4 of 20 matching rules shown (use "-v" to show all)\n')


def test_another_refusal_stays_one(root: Path) -> None:
    assert "Failed to resolve" in outcome(root, "Failed to resolve allow statement\n").refused


def test_what_keeps_it_from_being_tried_is_no_refusal(root: Path) -> None:
    with pytest.raises(PolicyError, match=r"can.t be tried: .*Permission denied"):
        outcome(root, "libsemanage.semanage_mkdir: Cannot make directory at /tmp/x (Permission denied).\n")
