from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from avcdoctor.host import verdict as verdicts
from avcdoctor.host.contexts import substitute, valid
from avcdoctor.host.policy import Policy
from avcdoctor.model import Context

HTTPD = Context("system_u", "system_r", "httpd_t", "s0")
CONTENT = Context("system_u", "object_r", "content_t", "s0")
HOME = CONTENT.with_type("home_t")


@pytest.mark.bindings
def test_outcomes_of_audit2why(tiny: Policy) -> None:
    pytest.importorskip("selinux")
    assert tiny.verdict(HTTPD, CONTENT, "file", ["read"]).outcome == "allowed"
    assert tiny.verdict(HTTPD, CONTENT, "file", ["write"]).outcome == "type"
    assert tiny.verdict(HTTPD, HOME, "file", ["read"]) == verdicts.Verdict("boolean", (("can_read_home", True),))
    high = tiny.verdict(HTTPD, CONTENT._replace(level="s0:c1"), "file", ["read"])
    assert high.outcome == "constraint"
    assert "mlsconstrain file" in high.detail
    assert tiny.verdict(HTTPD, CONTENT.with_type("noisy_t"), "file", ["write"]).outcome == "dontaudit"


@pytest.mark.bindings
def test_a_dontaudit_rule_does_not_hide_the_other_permissions(tiny: Policy) -> None:
    pytest.importorskip("selinux")
    assert tiny.verdict(HTTPD, CONTENT.with_type("noisy_t"), "file", ["write", "read"]).outcome == "type"


@pytest.mark.bindings
def test_switching_policies(tiny: Policy, tiny_path: Path, tmp_path: Path) -> None:
    pytest.importorskip("selinux")
    other = tmp_path / "policy.33"
    other.write_bytes(tiny_path.read_bytes())
    second = Policy(other)
    for _ in range(3):
        assert second.verdict(HTTPD, CONTENT, "file", ["read"]).outcome == "allowed"
        assert tiny.verdict(HTTPD, CONTENT, "file", ["write"]).outcome == "type"


BROKEN = """
import sys
from pathlib import Path
from avcdoctor.host.policy import Policy
from avcdoctor.model import Context

policy = Policy(Path(sys.argv[1]))
Path(sys.argv[1]).write_bytes(b"garbage")
other = Policy(Path(sys.argv[2]))
for asked in (policy, other, policy):
    print(asked.verdict(Context("system_u", "system_r", "httpd_t", "s0"),
                        Context("system_u", "object_r", "content_t", "s0"), "file", ["read"]).outcome)
"""


@pytest.mark.bindings
def test_our_tables_answer_where_libsepol_refuses_a_policy(tiny_path: Path, tmp_path: Path) -> None:
    """In a process of its own: after a refusal audit2why is not asked again, since some versions of it then crash."""
    pytest.importorskip("selinux")
    refused = tmp_path / "policy.33"
    refused.write_bytes(tiny_path.read_bytes())
    argv = [sys.executable, "-c", BROKEN, str(refused), str(tiny_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["allowed"] * 3, "")


@pytest.mark.bindings
def test_nothing_reaches_standard_error(tiny: Policy, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("selinux")
    tiny.verdict(Context("nobody_u", "no_r", "httpd_t", "s9"), CONTENT, "file", ["read"])
    assert capfd.readouterr().err == ""


def test_unknown_names_have_outcomes_of_their_own(tiny: Policy) -> None:
    assert tiny.verdict(HTTPD.with_type("a_t"), CONTENT, "file", ["read"]) == verdicts.Verdict(
        "unknown-type", detail="a_t"
    )
    assert tiny.verdict(HTTPD, CONTENT.with_type("b_t"), "file", ["read"]).detail == "b_t"
    assert tiny.verdict(HTTPD, CONTENT, "blob", ["read"]).outcome == "unknown-class"
    assert tiny.verdict(HTTPD, CONTENT, "file", ["fly"]).outcome == "unknown-permission"


def test_a_foreign_context_is_replaced_and_said_so(tiny: Policy) -> None:
    found = tiny.verdict(Context("staff_u", "staff_r", "httpd_t", "s0-s15"), CONTENT, "file", ["read"])
    assert found.outcome == "allowed"
    assert found.substituted


def test_without_the_binding_rules_and_booleans_still_answer(tiny: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "_binding", lambda: None)
    assert tiny.verdict(HTTPD, CONTENT, "file", ["read"]).outcome == "allowed"
    found = tiny.verdict(HTTPD, HOME, "file", ["read"])
    assert (found.outcome, found.booleans) == ("boolean", (("can_read_home", True),))
    assert tiny.verdict(HTTPD, CONTENT._replace(level="s0:c1"), "file", ["read"]).outcome == "constraint"
    assert tiny.verdict(HTTPD, CONTENT, "file", ["write"]).outcome == "type"


def test_contexts_are_valid_as_the_kernel_sees_them(tiny: Policy) -> None:
    assert valid(tiny.db, HTTPD)
    assert valid(tiny.db, HTTPD._replace(level="s0-s0:c0.c2"))
    assert not valid(tiny.db, HTTPD._replace(level="s0:c0-s0"))  # the low level dominates the high one
    assert not valid(tiny.db, HTTPD._replace(level=""))
    assert not valid(tiny.db, HTTPD._replace(level="s0:c2.c0"))
    assert not valid(tiny.db, HTTPD._replace(user="web_u"))  # may not take system_r
    assert not valid(tiny.db, Context("web_u", "web_r", "script_t", "s0:c1"))  # beyond the user's range
    assert valid(tiny.db, Context("web_u", "web_r", "script_t", "s0"))


def test_substitution_keeps_what_is_valid(tiny: Policy) -> None:
    kept = substitute(tiny.db, Context("nobody_u", "web_r", "script_t", "s0"))
    assert kept == Context("web_u", "web_r", "script_t", "s0")
    categories = substitute(tiny.db, Context("nobody_u", "system_r", "httpd_t", "s0:c1"))
    assert categories == Context("system_u", "system_r", "httpd_t", "s0:c1")
    assert substitute(tiny.db, HTTPD.with_type("nothing_t")) is None
