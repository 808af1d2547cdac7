"""Which of several layers leads, and what is said about SELinux when records and messages stand side by side."""

import pytest

from avcdoctor.triage import judge
from avcdoctor.triage.layers import base
from avcdoctor.triage.packs import all_messages

AVC = (
    'type=AVC msg=audit(1793611805.204:77): avc:  denied  { read } for  pid=41 comm="nginx" name="a.html" '
    'dev="vda1" ino=5 '
    "scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0"
)
NGINX = 'Nov 02 10:30:05 web nginx[41]: open() "/srv/a.html" failed (13: Permission denied)'  # the same second, UTC+1
SSHD = "Nov 02 12:50:44 web sshd[90]: Authentication refused: bad ownership or modes for directory /home/ann"


def layers(verdict):
    return [incident.layer for incident in verdict.incidents]


def test_a_denial_of_the_same_process_and_second_leads():
    verdict = judge(f"{NGINX}\n{AVC}\n".encode())
    assert (verdict.layer, verdict.selinux, verdict.blocked) == ("selinux", "true", True)
    assert layers(verdict) == ["selinux"]
    assert [one.layer for one in verdict.incidents[0].observations] == ["selinux", "dac"]


def test_a_denial_of_another_hour_and_process_stands_back():
    verdict = judge(f"{AVC}\n{SSHD}\n".encode())
    assert (verdict.layer, verdict.selinux) == ("dac", "unknown")
    assert layers(verdict) == ["dac", "selinux"]


def test_a_denial_beside_a_message_without_a_time_leads():
    bare = "Authentication refused: bad ownership or modes for directory /home/ann"
    assert judge(f"{AVC}\n{bare}\n".encode()).layer == "selinux"


def test_a_permissive_denial_did_not_stop_anything():
    verdict = judge(AVC.replace("permissive=0", "permissive=1").encode())
    assert (verdict.layer, verdict.selinux, verdict.blocked) == ("selinux", "true", False)
    assert "permissive" in verdict.selinux_why


def test_what_is_named_leads_before_a_permissive_denial():
    verdict = judge(f"{AVC.replace('permissive=0', 'permissive=1')}\n{SSHD}\n".encode())
    assert (verdict.layer, verdict.selinux) == ("dac", "false")


def test_an_error_number_alone_does_not_lead_before_a_permissive_denial():
    assert judge(f"{AVC.replace('permissive=0', 'permissive=1')}\n{NGINX}\n".encode()).layer == "selinux"


def test_apparmors_record_leads_before_the_error_it_explains():
    record = (
        'Nov 02 10:30:05 web kernel: audit: type=1400 audit(1793611805.204:9): apparmor="DENIED" operation="open" '
        'profile="nginx" name="/srv/a.html" pid=41 comm="nginx" requested_mask="r" denied_mask="r" fsuid=33 ouid=0'
    )
    verdict = judge(f"{NGINX}\n{record}\n".encode())
    assert (verdict.layer, verdict.selinux) == ("apparmor", "false")


def test_a_consequence_does_not_stand_beside_its_cause():
    log = (
        "haproxy[1]: [ALERT] (2) : [haproxy.main()] Cannot chroot(/x).\nhaproxy[1]: A worker process unexpectedly "
        "died\n"
    )
    assert [incident.rule for incident in judge(log.encode()).incidents] == ["HAPROXY501"]


def test_a_refused_login_does_not_lead_before_the_real_failure():
    noise = "Nov 02 12:50:44 web sshd[90]: pam_unix(sshd:auth): authentication failure; user=ann"
    assert judge(f"{noise}\n{SSHD}\n".encode()).layer == "dac"


def test_a_failed_call_without_a_denial_in_its_event_is_not_selinux():
    event = (
        "type=SYSCALL msg=audit(1793611805.300:78): arch=c000003e syscall=openat success=no exit=-13 a0=1 pid=7 "
        'comm="cat"\n'
        'type=PATH msg=audit(1793611805.300:78): item=0 name="/srv/secret" inode=1 mode=0100600 ouid=0 ogid=0\n'
    )
    verdict = judge(event.encode())
    assert (verdict.layer, verdict.selinux) == ("dac", "false")
    assert verdict.incidents[0].observations[0].path == "/srv/secret"
    assert "semodule -DB" in verdict.selinux_why
    assert "semodule -B" in verdict.selinux_why.replace("semodule -DB", "")


def test_the_same_call_with_a_denial_in_its_event_is():
    event = (
        AVC + '\ntype=SYSCALL msg=audit(1793611805.204:77): arch=c000003e syscall=2 success=no exit=-13 comm="nginx"\n'
    )
    verdict = judge(event.encode())
    assert layers(verdict) == ["selinux"]


@pytest.mark.parametrize(
    ("exit_", "call", "layer"),
    [
        ("-40", "openat", "symlink"),
        ("-2", "openat", "path"),
        ("-30", "openat", "mount"),
        ("-1", "unlink", "immutable"),
        ("-1", "mount", "capability"),
    ],
)
def test_failed_calls_by_their_error(exit_, call, layer):
    event = f'type=SYSCALL msg=audit(1793611805.300:78): arch=c000003e syscall={call} success=no exit={exit_} comm="x"'
    assert judge(event.encode()).layer == layer


def test_records_wrapped_by_a_mail_program_are_put_together():
    wrapped = AVC.replace(' comm="nginx"', '\n  comm="nginx"').replace(" tcontext=", "\n  tcontext=")
    verdict = judge(wrapped.encode())
    assert (verdict.layer, verdict.selinux) == ("selinux", "true")
    assert verdict.incidents[0].observations[0].process == "nginx"


def test_ids_are_the_same_tomorrow():
    one = judge(SSHD.encode()).incidents[0].id
    other = judge(SSHD.replace("12:50:44", "13:51:45").replace("[90]", "[91]").encode()).incidents[0].id
    assert one == other


def test_selinux_handwriting_without_a_record_says_how_to_look():
    log = (
        "app: error while loading shared libraries: libx.so: cannot restore segment prot after reloc: Permission denied"
    )
    verdict = judge(log.encode())
    assert (verdict.layer, verdict.selinux) == ("selinux", "unknown")
    assert "semodule -DB" in verdict.selinux_why


def test_connecting_over_tcp_knows_no_modes():
    log = "nginx[4]: connect() to 127.0.0.1:9000 failed (13: Permission denied) while connecting to upstream"
    assert judge(log.encode()).layer == "selinux"


def test_nothing_recognised():
    verdict = judge(b"all is well\n")
    assert (verdict.layer, verdict.selinux, verdict.incidents) == ("", "unknown", ())


def test_many_like_lines_are_kept_few():
    log = "\n".join(f'nginx[1]: open() "/srv/{number}" failed (13: Permission denied)' for number in range(500))
    verdict = judge(log.encode())
    assert len(verdict.incidents) == 1
    assert len(verdict.incidents[0].observations) <= 20


def test_an_audit_trail_of_the_same_time_without_a_denial_speaks_against_selinux():
    other = (
        "type=USER_START msg=audit(1793611810.100:90): pid=9 uid=0 auid=0 ses=1 msg='op=PAM:session_open res=success'"
    )
    verdict = judge(f"{NGINX}\n{other}\n".encode())
    assert (verdict.layer, verdict.selinux) == ("dac", "false")
    assert "semodule -DB" in verdict.selinux_why
    assert judge(f"{NGINX}\n{other.replace('1793611810', '1793612110')}\n".encode()).selinux == "unknown"


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        ('operation="open" profile="/usr/sbin/x" name="/srv/a" requested_mask="wc" denied_mask="wc"', "/srv/a w,"),
        ('operation="exec" profile="/usr/sbin/x" name="/bin/b" requested_mask="x" denied_mask="x"', "/bin/b ix,"),
        (
            'operation="capable" profile="/usr/sbin/x" comm="x" capability=12  capname="net_admin"',
            "capability net_admin,",
        ),
    ],
)
def test_the_apparmor_rule_that_is_missing_is_written_out(record, rule):
    verdict = judge(f'audit: type=1400 audit(1700000000.1:1): apparmor="DENIED" {record}'.encode())
    remedy = verdict.incidents[0].explanation.remedies[0]
    step = str(remedy.actions[-2].parameters["text"])  # before the profiles are loaded again
    assert rule in step
    assert "/etc/apparmor.d/local/usr.sbin.x" in step


def test_setroubleshoot_reports_a_denial():
    log = (
        "Nov 02 10:30:05 h setroubleshoot[9]: SELinux is preventing /usr/sbin/nginx from read access on the file "
        "a.html."
    )
    verdict = judge(log.encode())
    assert (verdict.layer, verdict.selinux) == ("selinux", "true")


def test_hidden_denials_are_never_left_shown():
    """Wherever a text says how to show hidden denials, it says how to hide them again."""
    texts = [base.DONTAUDIT]
    for rule in all_messages().rules:
        texts += [rule.because, rule.if_selinux, *rule.sure, *rule.warnings]
        texts += [text for remedy in rule.remedies for text in (remedy.title, *remedy.steps, *remedy.notes)]
    shown = [text for text in texts if "semodule -DB" in text]
    assert shown
    assert [text for text in shown if "semodule -B`" not in text] == []


STEP = (
    "systemd[1]: myapp.service: Failed at step EXEC spawning /opt/myapp: Permission denied\n"
    "systemd[1]: myapp.service: Main process exited, code=exited, status=203/EXEC\n"
)
CHILD = (
    'type=AVC msg=audit(1793611805.204:77): avc:  denied  { execute } for  pid=2 comm="(myapp)" name="myapp" '
    'dev="dm-0" ino=5 scontext=system_u:system_r:init_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 '
    "tclass=file permissive=0"
)


@pytest.mark.parametrize(
    ("record", "layer"),
    [
        (CHILD, "selinux"),
        (
            'audit: type=1400 audit(1793611805.204:77): apparmor="DENIED" operation="mount" error=-13 '
            'profile="lxc-container-default-cgns" name="/" pid=2 comm="(myapp)" flags="rw, rslave"',
            "apparmor",
        ),
    ],
)
def test_systemds_word_on_a_step_goes_to_the_record_of_its_child(record, layer):
    verdict = judge(f"{record}\n{STEP}".encode())
    assert layers(verdict) == [layer]
    assert len(verdict.incidents[0].observations) == 3


@pytest.mark.parametrize(
    "record",
    [
        CHILD.replace("(myapp)", "(other)"),
        CHILD.replace("(myapp)", "(app)x"),
        CHILD.replace("permissive=0", "permissive=1"),
    ],
)
def test_systemds_word_on_a_step_stands_beside_another_record(record):
    assert len(judge(f"{record}\n{STEP}".encode()).incidents) > 1


def test_words_about_a_record_are_no_second_finding():
    record = (
        'kernel: audit: type=1326 audit(1700000000.100:9): uid=1000 pid=55 comm="till" sig=31 arch=c000003e syscall=435'
    )
    verdict = judge(f"{record}\ntill[55]: Bad system call (core dumped)\n".encode())
    assert [one.proof for one in verdict.incidents] == ["record"]
    other = judge(f"{record}\nbank[56]: Bad system call (core dumped)\n".encode())
    assert [one.proof for one in other.incidents] == ["record", "named"]
