"""SELinux itself: its records, reports of others, and error numbers that only a module gives."""

import pytest

from avcdoctor.render.triage import text
from avcdoctor.triage import judge
from avcdoctor.triage.layers.selinux import same_failure
from avcdoctor.triage.model import Observation
from avcdoctor.triage.refusals import PROVE

AVC = (
    'type=AVC msg=audit(1793611805.204:77): avc:  denied  {{ read }} for  pid=41 comm="till" path="/srv/a" dev="vda1" '
    "ino=5 scontext=system_u:system_r:till_t:s0 tcontext=system_u:object_r:var_t:s0 tclass=file permissive={}"
)


@pytest.mark.parametrize(("permissive", "kind", "blocked"), [(0, "denial", True), (1, "permissive", False)])
def test_records(permissive, kind, blocked):
    verdict = judge(AVC.format(permissive).encode())
    one = verdict.incidents[0]
    assert (verdict.layer, verdict.selinux, verdict.blocked, one.explanation.kind) == ("selinux", "true", blocked, kind)
    assert (one.observations[0].process, one.observations[0].path) == ("till", "/srv/a")


def test_a_record_that_is_cut_off_is_a_record():
    verdict = judge(AVC.format(0)[:140].encode())
    assert (verdict.layer, verdict.selinux) == ("selinux", "true")


@pytest.mark.parametrize(
    "log",
    [
        "setroubleshoot[9]: SELinux is preventing till from read access on the file a. For more: sealert -l 1",
        "Failed to start till.service: SELinux policy denies access.",
        "dbus[3]: An SELinux policy prevents this sender from sending this message",
    ],
)
def test_reports_of_others(log):
    verdict = judge(log.encode())
    assert (verdict.layer, verdict.selinux) == ("selinux", "true")


@pytest.mark.parametrize(
    "log",
    [
        '{"auditd":{"data":{"seresult":"denied","seperms":"read"}},"event":{"action":"violated-selinux-policy"}}',
        "auditd.data.seresult=denied auditd.data.seperms=name_bind",
    ],
)
def test_what_log_shippers_make_of_a_record(log):
    verdict = judge(log.encode())
    assert (verdict.layer, verdict.selinux) == ("selinux", "true")


@pytest.mark.parametrize("log", ['{"auditd":{"data":{"seresult":"granted"}}}', "till[1]: SELinux is enabled"])
def test_what_is_no_denial(log):
    assert judge(log.encode()).layer == ""


@pytest.mark.parametrize(
    "log",
    [
        "keepalived[3]: Failed to open monitoring socket - errno 13 - Permission denied",
        "fail2ban.filter[9]: ERROR (13, 'Permission denied')",
        "systemd[1]: till.socket: Failed to listen on sockets: Permission denied",
        "tilld[9]: bind() to 0.0.0.0:7000 failed (13: Permission denied)",
    ],
)
def test_an_error_number_that_owner_and_mode_do_not_give(log):
    verdict = judge(log.encode())
    assert (verdict.layer, verdict.selinux, verdict.incidents[0].proof) == ("selinux", "unknown", "errno")
    first = verdict.incidents[0].explanation.remedies[0].actions[0]
    assert first.argv[0] == "ausearch"


def test_process_and_moment_tell_whether_two_are_one_failure():
    denial = Observation("selinux", "w", "record", process="till", seconds=10.0)
    assert same_failure(denial, Observation("dac", "w", "errno", process="/usr/bin/till", seconds=11.0))
    assert not same_failure(denial, Observation("dac", "w", "errno", process="till", seconds=400.0))
    assert same_failure(denial, Observation("dac", "w", "errno"))


@pytest.mark.parametrize(
    "log",
    [
        "crond[7]: (kim) Unauthorized SELinux context=system_u:system_r:crond_t:s0 file_context=a:b:c_t:s0",
        "till: write file `/proc/thread-self/attr/keycreate`: Invalid argument",
        "systemd[1]: till.service: Failed to determine user credentials: Permission denied",
        "kim@box: Permission denied (publickey).",
    ],
)
def test_it_is_not_excluded_where_it_may_have_a_part(log):
    shown = text(judge(log.encode()))
    assert judge(log.encode()).selinux == "unknown"
    assert "ot SELinux" not in shown.splitlines()[0]
    assert PROVE in shown


@pytest.mark.parametrize(
    ("log", "ways"),
    [
        ("keepalived[1]: Failed to open process monitoring socket: Permission denied", 1),
        ("keepalived[1]: Opening file '/etc/keepalived/a.conf' failed: Permission denied", 2),
    ],
)
def test_a_capability_for_files_is_a_way_out_only_where_a_file_was_refused(log, ways):
    assert len(judge(log.encode()).incidents[0].explanation.remedies) == ways
