"""The five things people try for a keepalived script that SELinux stops: what explain and triage say of each."""

import json
from pathlib import Path

import pytest

import avcdoctor
from avcdoctor.cli import main as command
from avcdoctor.knowledge.weakening import weakens
from avcdoctor.triage import judge

LOG = str(Path(__file__).resolve().parents[1] / "samples/keepalived/audit.log")
SCRIPT_TYPE = "keepalived_unconfined_script_exec_t"
CHCON = (
    'type=AVC msg=audit(1763457242.101:901): avc:  denied  {{ {} }} for  pid=4100 comm="chcon" name="check.sh" '
    'dev="vda1" ino=133 scontext={} tcontext={} tclass={} permissive=0\n'
)
USER = "unconfined_u:unconfined_r:unconfined_t:s0"
DOMAIN, DISK = "system_u:object_r:keepalived_t:s0", "system_u:object_r:fs_t:s0"


def said(capsys, *words):
    command.main([words[0], "--policy", "reference", *words[1:]])
    return capsys.readouterr().out


@pytest.fixture(scope="module")
def report():
    return avcdoctor.explain([LOG], policy="reference")


@pytest.mark.parametrize("form", ["text", "json", "markdown", "shell", "ansible"])
def test_1_switching_selinux_off_is_never_told(capsys, form):
    words = ("fix", "--dry-run") if form in ("shell", "ansible") else ("explain", "-v")
    shown = said(capsys, *words, "--format", form, LOG)
    assert shown
    assert not [line for line in shown.splitlines() if weakens(line)]


@pytest.mark.parametrize(
    ("permission", "source", "target", "tclass"),
    [("relabelto", USER, DOMAIN, "file"), ("associate", DOMAIN, DISK, "filesystem")],
)
def test_2_a_process_type_on_a_file_fails_and_why(capsys, tmp_path, permission, source, target, tclass):
    log = tmp_path / "audit.log"
    log.write_text(CHCON.format(permission, source, target, tclass))
    (incident,) = json.loads(said(capsys, "explain", "--format", "json", str(log)))["incidents"]
    assert incident["cause"] == "process-type"
    assert "file_type" in incident["why"]
    assert {remedy["kind"] for remedy in incident["remedies"]} == {"app-fix"}


def test_3_the_right_type_lasts_by_a_rule_and_by_chcon_only_until_a_relabel(report):
    first = report.incidents[0].remedies[0]
    assert (first.kind, first.lasting, first.simulation.after) == ("exec-type", True, "allowed")
    assert [action.do for action in first.actions] == ["fcontext-add", "restorecon"]
    assert any(SCRIPT_TYPE in note and "until the next relabel" in note for note in first.notes)


def test_4_moving_it_to_its_place_works(report):
    second = report.incidents[0].remedies[1]
    assert (second.kind, second.lasting, second.simulation.after) == ("move", True, "allowed")
    assert "/usr/libexec/keepalived" in second.title


def test_5_script_security_is_no_matter_of_selinux(report):
    line = "Keepalived[9]: SECURITY VIOLATION - scripts are being executed but script_security not enabled."
    verdict = judge(line.encode())
    assert (verdict.layer, verdict.selinux) == ("application", "false")
    assert "enable_script_security" in verdict.incidents[0].explanation.cause
    assert any("enable_script_security is no SELinux matter" in word for word in report.incidents[0].finding.never)


def test_a_check_that_fails_only_under_keepalived_is_not_called_innocent():
    verdict = judge(b"Keepalived_vrrp[911]: Script `check` now returning 1")
    assert verdict.incidents[0].undecided
    assert verdict.incidents[0].explanation.remedies[0].actions[0].argv[0] == "ausearch"


def test_its_records_make_selinux_the_layer(capsys):
    shown = said(capsys, "triage", "--log", LOG)
    assert shown.startswith("SELinux stopped it.")
    assert SCRIPT_TYPE in shown
