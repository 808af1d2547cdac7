import pytest

from avcdoctor.triage.lines import near, read_lines, take_apart
from avcdoctor.triage.unwrapped import unwrapped


@pytest.mark.parametrize(
    ("text", "process", "pid", "message"),
    [
        ("Nov 02 10:11:12 lb2 Keepalived_vrrp[911]: hello", "Keepalived_vrrp", 911, "hello"),
        ("<30>Nov  2 10:11:12 lb2 sshd[1]: hello", "sshd", 1, "hello"),
        ("gru 23 08:51:23 box (pactl)[5421]: a.service: hello", "pactl", 5421, "a.service: hello"),
        ("févr. 03 08:11:09 box httpd: hello", "httpd", None, "hello"),
        ("2026-02-02T03:04:05.123456+01:00 nas dockerd[1]: hello", "dockerd", 1, "hello"),
        ("2021/10/28-15:34:36 [ERROR] *** hello", "", None, "[ERROR] *** hello"),
        ("Sun Nov 22 10:09:17 2026: Script x: hello", "", None, "Script x: hello"),
        ("[   21.323369] audit: type=1400 hello", "audit", None, "type=1400 hello"),
        ("Feb 26 14:15:39 box kernel: [   21.3] hello", "kernel", None, "hello"),
        ("postfix/postfix-script: warning: hello", "postfix/postfix-script", None, "warning: hello"),
        ("systemd-nspawn[2798]: hello", "systemd-nspawn", 2798, "hello"),
        ("ERROR: hello", "", None, "ERROR: hello"),
        ("2024-01-03 10:00:00,123 fail2ban.filter     [812]: hello", "fail2ban.filter", 812, "hello"),
        ("-bash: cd: x: hello", "", None, "-bash: cd: x: hello"),
        ("java.nio.file.NoSuchFileException: /x", "", None, "java.nio.file.NoSuchFileException: /x"),
        ("hello", "", None, "hello"),
    ],
)
def test_lines_of_many_kinds(text, process, pid, message):
    line = take_apart(1, text)
    assert (line.process, line.pid, line.message) == (process, pid, message)


def test_numbers_count_blank_lines_and_bytes_are_made_safe():
    lines = read_lines(unwrapped(b"one\n\n  \r\n\x1b[31mtwo\xff\x00\n"))
    assert [(line.number, line.text) for line in lines] == [(1, "one"), (4, "two\\xff")]


ENTRY = (
    '{"MESSAGE":"open /srv/a: Permission denied","SYSLOG_IDENTIFIER":"till","_PID":"41","_UID":"33",'
    '"__REALTIME_TIMESTAMP":"1793611805204000","PRIORITY":"3"}'
)


def test_journald_tells_program_number_user_and_moment():
    (line,) = read_lines(unwrapped(ENTRY.encode()))
    assert (line.process, line.pid, line.uid, line.message) == ("till", 41, "33", "open /srv/a: Permission denied")
    assert line.text == "till[41]: open /srv/a: Permission denied"
    assert line.seconds == 1793611805 % 86400


@pytest.mark.parametrize("text", [ENTRY[:60], '{"MESSAGE": {"a": 1}}', '["MESSAGE"]', '{"MESSAGE": null}', "{MESSAGE"])
def test_what_only_looks_like_an_entry_is_a_line(text):
    (line,) = read_lines(unwrapped(text.encode()))
    assert (line.text, line.uid) == (text, "")


def test_an_entry_is_made_safe_to_show():
    (line,) = read_lines(unwrapped(ENTRY.replace("/srv/a", "/srv/\\u001b[31m").encode()))
    assert "\x1b" not in line.text


def test_moments_are_compared_across_time_zones():
    record = take_apart(1, "type=AVC msg=audit(1735722842.101:501): avc:  denied  { read }")
    same = take_apart(2, "Jan 01 10:14:03 box app[1]: failed")  # 09:14:02 in UTC, an hour ahead
    later = take_apart(3, "Jan 01 10:17:03 box app[1]: failed")
    assert near(record.seconds, same.seconds) is True
    assert near(record.seconds, later.seconds) is False
    assert near(record.seconds, None) is None
