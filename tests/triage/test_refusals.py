"""Who can have said EACCES: by the operation, the user and the place."""

import pytest

from avcdoctor.triage.errnos import find_errno
from avcdoctor.triage.lines import take_apart
from avcdoctor.triage.refusals import beyond_modes, directly_below, listening_port, runs_as_root, wants_to_run


def line(text):
    return take_apart(1, text)


@pytest.mark.parametrize(
    ("text", "beyond"),
    [
        ("beacond[9]: failed to open netlink socket: Permission denied", True),
        ("beacond[9]: socket(AF_NETLINK): Permission denied", True),
        ("beacond[9]: kill(4711): Permission denied", True),
        ("beacond[9]: mprotect failed: Permission denied", True),
        ("beacond[9]: bind() to 0.0.0.0:8089 failed (13: Permission denied)", True),
        ("beacond[9]: connect() to 10.0.0.7:6379 failed (13: Permission denied)", True),
        ("modprobe: ERROR: could not insert 'tally': Permission denied", True),
        ("systemd[1]: beacon.socket: Failed to listen on sockets: Permission denied", True),
        ("sshd[4]: error: Bind to port 22 on 0.0.0.0 failed: Permission denied.", True),
        ("systemd: beacon.socket: Failed to listen on sockets: Permission denied", True),
        ("beacond[9]: cannot connect to logs.example.org:6514: Permission denied", True),
        ("beacond[9]: connect failed at net.c:651: Permission denied", False),
        # owner, mode and capabilities give EACCES there, or another error stands in the message
        ("beacond[9]: bind() to 0.0.0.0:89 failed (13: Permission denied)", False),
        ("beacond[9]: open netlink socket: Operation not permitted", False),
        ("beacond[9]: connect() to unix:/run/a.sock failed (13: Permission denied)", False),
        ("beacond[9]: open /srv/a: Permission denied", False),
        ("ping: socket: Permission denied", False),
        ("systemd[1]: beacon.service: Failed at step EXEC spawning /srv/a: Permission denied", False),
        ("keepalived[3]: open /tmp/a: Permission denied", False),
        ("keepalived[3]: exec /srv/a: Permission denied", False),
    ],
)
def test_where_owner_and_mode_have_no_say(text, beyond):
    one = line(text)
    assert bool(beyond_modes(one, find_errno(one.message))) == beyond


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("Keepalived_vrrp[3]: hello", True),
        ("systemd[1]: hello", True),
        ("systemd[88]: hello", False),
        ("systemd: hello", True),
        ("systemd[1]: a.service: Failed at step STDOUT spawning /bin/a: no", False),
        ("app[3]: uid=0: hello", True),
        ("app[3]: euid: 33: hello", False),
        ("NetworkManager[3]: hello", True),
        ("NetworkManager[3]: reading it as user 'kim'", False),
        ("app[3]: hello", False),
    ],
)
def test_who_runs_as_root(text, root):
    assert runs_as_root(line(text)) == root


@pytest.mark.parametrize(("uid", "root"), [("0", True), ("33", False)])
def test_journald_knows_the_user_better_than_the_name(uid, root):
    one = line("keepalived[3]: hello")
    assert runs_as_root(type(one)(**{**one.__dict__, "uid": uid})) == root


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("fork/exec /srv/a: permission denied", True),
        ("Error: spawn /tmp/a EACCES", True),
        ("/srv/x.sh: line 4: ./configure: Permission denied", True),
        ("-bash: /srv/setup.sh: Permission denied", True),
        ("sh: 1: /srv/tool: Permission denied", True),
        ("sh: 1: cannot create /srv/out: Permission denied", False),
        ("/srv/x.sh: line 4: /srv/out: Permission denied", False),
        ("open /srv/a: Permission denied", False),
    ],
)
def test_running_is_told_from_opening(text, runs):
    one = line(text)
    assert wants_to_run(one, find_errno(one.message)) == runs


def test_an_entry_of_a_shared_directory_is_told_from_what_lies_deeper():
    assert directly_below("/tmp/a", "shared")
    assert not directly_below("/tmp/a/b", "shared")
    assert not directly_below("/tmpx/a", "shared")
    assert not directly_below("", "shared")


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("bind: 10.0.0.1:80", 80),
        ("listen on *:8080", 8080),
        ("2020/04/15 02:38:08 [emerg] 1#1: bind() to 0.0.0.0:80", 80),
        ("02:38:08 bind() to [::]:8443", 8443),
        ("bind: :99999", None),
        ("got 1:2", None),
    ],
)
def test_ports_of_messages_about_listening(text, port):
    assert listening_port(text) == port
