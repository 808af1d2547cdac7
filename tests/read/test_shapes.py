"""Every shape denials come in: one of our own lines for each, and what has to be read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, NamedTuple, Tuple

import pytest

from avcdoctor.model import Denial, Reading
from avcdoctor.read import read

S = "scontext=system_u:system_r:app_t:s0"
T = "tcontext=system_u:object_r:data_t:s0"
VECTOR = (
    f'avc:  denied  {{ read }} for  pid=41 comm="app" name="x.db" dev="dm-0" ino=77 {S} {T} tclass=file permissive=0'
)
HEAD = "type=AVC msg=audit(1700000001.250:31): "


class Shape(NamedTuple):
    text: str
    expected: Dict[str, Any]


SHAPES = {
    "plain": Shape(HEAD + VECTOR, {"permissive": False, "pid": 41, "inode": 77, "device": "dm-0", "name": "x.db"}),
    "02 old kernel without permissive": Shape(HEAD + VECTOR.replace(" permissive=0", ""), {"permissive": None}),
    "02 permissive": Shape(HEAD + VECTOR.replace("permissive=0", "permissive=1"), {"permissive": True}),
    "02 junk behind permissive": Shape(HEAD + VECTOR + "sesearch -A -s app_t", {"permissive": False, "tclass": "file"}),
    "02 quote behind permissive": Shape(HEAD + VECTOR + "'", {"permissive": False}),
    "03 single blanks": Shape(HEAD + VECTOR.replace("  ", " "), {"name": "x.db"}),
    "04 permission number and no class": Shape(
        "type=USER_AVC msg=audit(1700000001.250:31): pid=9 uid=0 auid=4294967295 ses=1 subj=system_u:system_r:x_t:s0 "
        f"msg='avc:  denied  {{ 0x10 }} for request=XFIXES:Select comm=/usr/bin/app resid=64001 restype=WINDOW {S} {T} "
        'tclass=(null) permissive=1 exe="/usr/bin/Xorg" sauid=0 hostname=? addr=? terminal=?\'',
        {"permissions": ("0x10",), "tclass": "(null)", "comm": "/usr/bin/app", "exe": "/usr/bin/Xorg"},
    ),
    "05 dbus-daemon": Shape(
        "type=USER_AVC msg=audit(1700000001.250:31): pid=700 uid=81 auid=4294967295 ses=4294967295 subj=d:r:dbus_t:s0 "
        "msg='avc:  denied  { send_msg } for msgtype=signal interface=org.example.Net member=Changed "
        f'dest=org.example.Bus spid=41 tpid=42 {S} {T} tclass=dbus permissive=0 exe="/bin/dbus-daemon" sauid=81 '
        "hostname=? addr=? terminal=?'",
        {"permissions": ("send_msg",), "tclass": "dbus", "pid": 41, "port": None, "exe": "/bin/dbus-daemon"},
    ),
    "05 dbus-daemon, old": Shape(
        "type=USER_AVC msg=audit(1700000001.250:31): user pid=700 uid=81 auid=0 subj=d:r:dbus_t:s0 "
        f"msg='avc:  denied  {{ send_msg }} for msgtype=signal dest=org.Bus spid=41 tpid=42 {S} {T} tclass=dbus "
        ': exe="/bin/dbus-daemon" (sauid=81, hostname=?, addr=?, terminal=?)\'',
        {"tclass": "dbus", "exe": "/bin/dbus-daemon"},
    ),
    "05 dbus-broker": Shape(
        "type=USER_AVC msg=audit(1700000001.250:31): pid=700 uid=81 auid=4294967295 ses=4294967295 subj=d:r:dbus_t:s0 "
        f'msg=\'avc:  denied  {{ acquire_svc }} for  {S} {T} tclass=dbus permissive=1 exe="/usr/bin/dbus-broker" '
        "sauid=81 hostname=? addr=? terminal=?'",
        {"permissions": ("acquire_svc",), "permissive": True},
    ),
    "06 systemd": Shape(
        "type=USER_AVC msg=audit(1700000001.250:31): pid=1 uid=0 auid=4294967295 ses=4294967295 subj=d:r:init_t:s0 "
        'msg=\'avc:  denied  { enable } for auid=n/a uid=0 gid=0 path="/usr/lib/systemd/system/app.service" '
        f'cmdline="systemctl preset app.service" function="method_enable" {S} {T} tclass=service permissive=0 '
        'exe="/usr/lib/systemd/systemd" sauid=0 hostname=? addr=? terminal=?\'',
        {"path": "/usr/lib/systemd/system/app.service", "tclass": "service", "auid": "n/a"},
    ),
    "07 newline printed by journald": Shape(
        "Nov 14 22:13:21 host audit[700]: USER_AVC pid=700 uid=81 auid=4294967295 ses=4294967295 subj=d:r:dbus_t:s0 "
        f"msg='avc:  denied  {{ send_msg }} for  {S} {T} tclass=dbus permissive=0#012 "
        'exe="/usr/bin/dbus-broker" sauid=81\'',
        {"tclass": "dbus", "permissive": False, "exe": "/usr/bin/dbus-broker"},
    ),
    "07 newline in the record": Shape(
        "type=USER_AVC msg=audit(1700000001.250:31): pid=700 uid=81 subj=d:r:dbus_t:s0 "
        f"msg='avc:  denied  {{ send_msg }} for  {S} {T} tclass=dbus\n exe=\"/usr/bin/dbus-broker\" sauid=81'",
        {"tclass": "dbus", "exe": "/usr/bin/dbus-broker"},
    ),
    "09 bounded transition": Shape(
        "type=SELINUX_ERR msg=audit(1700000001.250:31): op=security_bounded_transition seresult=denied "
        "oldcontext=system_u:system_r:app_t:s0 newcontext=system_u:system_r:data_t:s0",
        {"tclass": "process", "permissions": ("transition",), "record_type": "SELINUX_ERR"},
    ),
    "09 invalid context of a new process": Shape(
        'type=SELINUX_ERR msg=audit(1700000001.250:31): op=security_compute_sid invalid_context="u:r:bad_t:s0" '
        f"{S} {T} tclass=process",
        {"tclass": "process", "permissions": ("transition",)},
    ),
    "09 the same, old": Shape(
        "type=SELINUX_ERR msg=audit(1700000001.250:31): security_compute_sid:  invalid context u:r:bad_t:s0 for "
        f"{S} {T} tclass=process",
        {"tclass": "process"},
    ),
    "09 validate transition, by number": Shape(
        "type=1401 audit(1700000001.250:31): op=security_validate_transition seresult=denied "
        "oldcontext=system_u:object_r:old_t:s0 newcontext=system_u:object_r:data_t:s0 "
        "taskcontext=system_u:system_r:app_t:s0 tclass=file",
        {"permissions": ("relabelto",), "tclass": "file"},
    ),
    "09 bounds": Shape(
        f"type=SELINUX_ERR msg=audit(1700000001.250:31): op=security_compute_av reason=bounds {S} {T} tclass=file "
        "perms=ioctl,read,lock",
        {"permissions": ("ioctl", "read", "lock")},
    ),
    "10 AVC_PATH": Shape(
        HEAD
        + VECTOR.replace('name="x.db" ', "")
        + '\ntype=AVC_PATH msg=audit(1700000001.250:31):  path="/srv/data/x.db"',
        {"path": "/srv/data/x.db", "raw_path": "/srv/data/x.db"},
    ),
    "11 dmesg": Shape("[  136.615924] audit: type=1400 audit(1700000001.250:31): " + VECTOR, {"name": "x.db"}),
    "11 syslog": Shape(
        "Jan 12 15:42:03 host kernel: [99.1] audit: type=1400 audit(1700000001.250:31): " + VECTOR, {"name": "x.db"}
    ),
    "11 old syslog": Shape("kernel: audit(1700000001.250:31): " + VECTOR, {"name": "x.db"}),
    "11 Android's init": Shape(
        "/system/bin/init: type=1107 audit(0.0:7): uid=0 auid=4294967295 ses=4294967295 subj=u:r:init:s0 "
        "msg='avc: denied { set } for property=vendor.net scontext=u:r:app_t:s0 tcontext=u:object_r:data_t:s0 "
        "tclass=property_service permissive=0' b/131598173",
        {"tclass": "property_service", "record_type": "USER_AVC"},
    ),
    "12 journal": Shape("Oct 12 10:00:00 host audit[123]: AVC " + VECTOR, {"name": "x.db"}),
    "12 journal with a number": Shape("Oct 12 10:00:00 host audit[123]: <audit-1400> " + VECTOR, {"name": "x.db"}),
    "12 bare name": Shape("AVC " + VECTOR, {"name": "x.db"}),
    "12 no msg=": Shape("type=AVC " + VECTOR, {"name": "x.db"}),
    "12 nothing before": Shape(VECTOR, {"name": "x.db"}),
    "13 node": Shape("node=web1.example " + HEAD + VECTOR, {"node": "web1.example"}),
    "13 host": Shape("host=web1 " + HEAD + VECTOR, {"node": "web1"}),
    "13 audispd": Shape("Sep 27 00:30:59 localhost audispd: node=web1 " + HEAD + VECTOR, {"node": "web1"}),
    "13 audisp-syslog": Shape("Sep 27 00:30:59 h audisp-syslog[1571]: node=web1 " + HEAD + VECTOR, {"node": "web1"}),
    "13 tag and ISO time": Shape("2026-01-17T15:22:06-05:00 host tag_audit_log: " + HEAD + VECTOR, {"name": "x.db"}),
    "13 grep": Shape("case-1:3:" + HEAD + VECTOR, {"name": "x.db"}),
    "15 ausearch -i": Shape(
        "type=AVC msg=audit(11/14/2023 22:13:21.250:31) : avc:  denied  { read } for  pid=41 comm=rs:main Q:Reg "
        f"path=/memfd:serialization (deleted) dev=dm-0 ino=77 {S} {T} tclass=file permissive=0",
        {"comm": "rs:main Q:Reg", "path": "/memfd:serialization (deleted)", "raw_path": "", "device": "dm-0"},
    ),
    "15 ioctl by name": Shape(
        f"type=AVC msg=audit(21/02/24 22:13:21.250:31) : avc:  denied  {{ ioctl }} for  pid=41 comm=a path=/dev/pts/1 "
        f"dev=devpts ino=4 ioctlcmd=TCGETS {S} {T} tclass=chr_file permissive=0",
        {"ioctl": None, "path": "/dev/pts/1"},
    ),
    "16 hexadecimal name": Shape(HEAD + VECTOR.replace('"x.db"', "4C6F772064"), {"name": "Low d", "raw_name": "Low d"}),
    "16 a number that is no hexadecimal": Shape(HEAD + VECTOR.replace('"x.db"', "217624"), {"name": "217624"}),
    "16 deleted": Shape(
        HEAD + VECTOR.replace('name="x.db"', "path=2F535953563030202864656C6574656429"),
        {"path": "/SYSV00 (deleted)", "raw_path": ""},
    ),
    "16 escape sequence": Shape(
        HEAD + VECTOR.replace('"x.db"', "1B5B324A"), {"name": "\\x1b[2J", "raw_name": "\x1b[2J"}
    ),
    "16 not UTF-8": Shape(HEAD + VECTOR.replace('"x.db"', "FF41"), {"name": "\\xffA", "raw_name": "\udcffA"}),
    "17 no level": Shape(HEAD + VECTOR.replace(":s0 ", " "), {"level": ""}),
    "17 categories": Shape(HEAD + VECTOR.replace("app_t:s0 ", "app_t:s0:c457,c875 "), {"level": "s0:c457,c875"}),
    "17 range": Shape(HEAD + VECTOR.replace("app_t:s0 ", "app_t:s0-s15:c0.c1023 "), {"level": "s0-s15:c0.c1023"}),
    "18 trawcon": Shape(HEAD + VECTOR + ' trawcon="u:object_r:gone_t:s0"', {"invalid_target": "u:object_r:gone_t:s0"}),
    "18 trawcon with memory behind it": Shape(
        HEAD + VECTOR + " trawcon=753A6F626A6563745F723A676F6E655F743A73300000FFD1",
        {"invalid_target": "u:object_r:gone_t:s0"},
    ),
    "19 capability": Shape(
        f'{HEAD}avc:  denied  {{ sys_nice }} for  pid=41 comm="app" capability=23  {S} {S.replace("scon", "tcon")} '
        "tclass=capability permissive=0",
        {"capability": 23, "tclass": "capability", "target": "app_t"},
    ),
    "19 lockdown": Shape(
        f"{HEAD}avc:  denied  {{ confidentiality }} for  pid=41 comm=app lockdown_reason=use of tracefs {S} {T} "
        "tclass=lockdown permissive=0",
        {"lockdown_reason": "use of tracefs", "tclass": "lockdown"},
    ),
    "19 kernel module": Shape(
        f'{HEAD}avc:  denied  {{ module_request }} for  pid=41 comm="app" kmod="net-pf-10" {S} {T} tclass=system',
        {"kmod": "net-pf-10"},
    ),
    "20 ioctl": Shape(HEAD + VECTOR.replace("ino=77", "ino=77 ioctlcmd=0x5401"), {"ioctl": 0x5401}),
    "20 ioctl without 0x": Shape(HEAD + VECTOR.replace("ino=77", "ino=77 ioctlcmd=890b"), {"ioctl": 0x890B}),
    "21 bind": Shape(
        f'{HEAD}avc:  denied  {{ name_bind }} for  pid=41 comm="app" src=631 {S} {T} tclass=udp_socket permissive=0',
        {"port": 631, "protocol": "udp"},
    ),
    "21 connect": Shape(
        f'{HEAD}avc:  denied  {{ name_connect }} for  pid=41 comm="app" dest=6514 {S} {T} tclass=tcp_socket',
        {"port": 6514, "protocol": "tcp"},
    ),
    "21 packet": Shape(
        f'{HEAD}avc:  denied  {{ send }} for  pid=0 comm="swapper/1" saddr=::ffff:10.0.0.1 src=51686 daddr=10.0.0.2 '
        f"dest=123 netif=eth0 {S} {T} tclass=packet permissive=0",
        {"port": 123, "comm": "swapper/1", "netif": "eth0"},
    ),
    "22 key": Shape(f'{HEAD}avc:  denied  {{ write }} for  pid=41 comm="app" {S} {T} tclass=key', {"tclass": "key"}),
    "22 shared memory": Shape(
        f'{HEAD}avc:  denied  {{ unix_read }} for  pid=41 comm="app" ipc_key=2026 {S} {T} tclass=shm',
        {"ipc_key": "2026"},
    ),
    "23 anonymous inode": Shape(
        f'{HEAD}avc:  denied  {{ create }} for  pid=41 comm="app" anonclass=[io_uring] {S} {T} tclass=anon_inode',
        {"anonclass": "[io_uring]"},
    ),
    "23 binder": Shape(
        "type=1400 audit(1700000001.250:31): avc: denied { call } for scontext=u:r:app_t:s0 tcontext=u:r:data_t:s0 "
        "tclass=binder permissive=0 app=org.example.app",
        {"tclass": "binder", "permissive": False},
    ),
    "24 socket": Shape(
        HEAD + VECTOR.replace('name="x.db"', 'path="socket:[669]"'), {"path": "socket:[669]", "raw_path": ""}
    ),
    "24 pipe": Shape(HEAD + VECTOR.replace('name="x.db"', 'path="pipe:[6]"'), {"path": "pipe:[6]", "raw_path": ""}),
    "24 abstract socket": Shape(
        HEAD + VECTOR.replace('name="x.db"', "path=002F746D702F58"), {"path": "@/tmp/X", "raw_path": ""}
    ),
    "24 root of a file system": Shape(HEAD + VECTOR.replace("x.db", "/"), {"path": "", "name": "/"}),
    "24 nothing but an inode": Shape(HEAD + VECTOR.replace('name="x.db" ', ""), {"path": "", "name": "", "inode": 77}),
    "25 device without quotes": Shape(HEAD + VECTOR.replace('"dm-0"', "dm-0"), {"device": "dm-0"}),
    "25 systemd before exec": Shape(HEAD + VECTOR.replace('"app"', '"(ystemctl)"'), {"comm": "(ystemctl)"}),
    "30 redacted": Shape("type=AVC msg=audit(...): " + VECTOR.replace("pid=41", "pid=..."), {"pid": None}),
    "31 logcat": Shape(
        '01-07 10:25:57.716   225   225 W afw: type=1400 audit(0.0:741): avc: denied { getattr } for path="/data/x" '
        'dev="dm-0" ino=4 scontext=u:r:app_t:s0 tcontext=u:object_r:data_t:s0 tclass=file permissive=0',
        {"path": "/data/x", "milliseconds": None},
    ),
    "31 service manager": Shape(
        "E SELinux : avc:  denied  { find } for service=netd pid=9904 uid=1000 scontext=u:r:app_t:s0 "
        "tcontext=u:object_r:data_t:s0 tclass=service_manager permissive=0",
        {"tclass": "service_manager", "service": "netd", "pid": 9904},
    ),
    "typographic quotes": Shape(HEAD + VECTOR.replace('"x.db"', "”x.db”"), {"name": "x.db"}),
    "mail": Shape(
        (HEAD + VECTOR).replace("=", "=3D").replace("ino=3D77 scon", "ino=3D77 sc=\non") + "\n", {"inode": 77}
    ),
    "folded by a mail program": Shape((HEAD + VECTOR).replace(" scontext", "\nscontext").replace(" tcl", "\n tcl"), {}),
    "folded behind the header": Shape(
        "Dec  8 14:49:01 web kernel: audit: type=1400 audit(1700000001.250:31):\n" + VECTOR, {}
    ),
    "folded with backslashes": Shape((HEAD + VECTOR).replace(" scontext", " \\\n   scontext"), {"name": "x.db"}),
}


def attribute(denial: Denial, name: str) -> Any:
    if name in {"milliseconds", "node"}:
        return getattr(denial.event, name)
    if name == "level":
        return denial.source.level
    if name == "target":
        return denial.target.type
    return getattr(denial, name) if hasattr(denial, name) else denial.fields[name]


def read_text(folder: Path, text: str) -> Reading:
    file = folder / "audit.log"
    file.write_bytes(text.encode("utf-8", "surrogateescape") + b"\n")
    return read([str(file)])


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_shape(tmp_path: Path, shape: Shape) -> None:
    reading = read_text(tmp_path, shape.text)
    assert reading.summary.unreadable_examples == ()
    assert reading.summary.denials == 1
    (group,) = reading.groups
    expected = dict(shape.expected)
    assert (group.source, group.target) == ("app_t", expected.get("target", "data_t"))
    (denial,) = group.examples
    assert {name: attribute(denial, name) for name in expected} == expected


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_shape_between_other_lines(tmp_path: Path, shape: Shape) -> None:
    around = "type=CRED_ACQ msg=audit(1700000001.100:30): pid=1 uid=0 msg='op=PAM:setcred acct=\"root\" res=success'"
    reading = read_text(tmp_path, f"{around}\n{shape.text}\n{around.replace(':30', ':32')}")
    assert (reading.summary.denials, reading.summary.unreadable) == (1, 0)


SEVERAL: Dict[str, Tuple[str, int]] = {
    "several on a line": (f"{HEAD}{VECTOR} {HEAD.replace('31', '32')}{VECTOR}", 2),
    "several vectors behind one header": (f"{HEAD}{VECTOR} {VECTOR}", 2),
    "the system call on the same line": (f"{HEAD}{VECTOR} type=SYSCALL msg=audit(1700000001.250:31): arch=c000003e", 1),
    "two in one event": (f"{HEAD}{VECTOR}\n{HEAD}{VECTOR.replace('read', 'write')}", 2),
    "bare ones, blank line between": (f"{VECTOR}\n\n{VECTOR}", 2),
    "ausearch's separators": (f"----\ntime->Tue Nov 14 22:13:21 2023\n{HEAD}{VECTOR}\n----\n{HEAD}{VECTOR}", 2),
}


@pytest.mark.parametrize(("text", "count"), SEVERAL.values(), ids=list(SEVERAL))
def test_several_records(tmp_path: Path, text: str, count: int) -> None:
    reading = read_text(tmp_path, text)
    assert (reading.summary.denials, reading.summary.unreadable) == (count, 0)


def test_unresolved_contexts_are_counted_as_unreadable(tmp_path: Path) -> None:
    reading = read_text(tmp_path, HEAD + VECTOR.replace(S, "ssid=41").replace(T, "tsid=7"))
    assert (reading.summary.denials, reading.summary.unreadable) == (0, 1)
    assert "ssid" in reading.summary.unreadable_examples[0].reason


@pytest.mark.parametrize(
    ("stamp", "serial"),
    [
        ("11/15/2021 08:56:59.168:1098", 1098),
        ("15/11/2021 08:56:59.168:1098", 1098),
        ("15.11.2021 08:56:59.168:1098", 1098),
        ("2021-11-15 08:56:59.168:1098", 1098),
        ("11/15/21 08:56:59.168:1098", 1098),
        ("11/15/2021 08:56:59,168:1098", 1098),
    ],
)
def test_dates_of_interpreted_logs(tmp_path: Path, stamp: str, serial: int) -> None:
    from datetime import datetime  # noqa: PLC0415 - only this test compares clocks

    reading = read_text(tmp_path, f"type=AVC msg=audit({stamp}) : {VECTOR}")
    (denial,) = reading.groups[0].examples
    expected = round(datetime(2021, 11, 15, 8, 56, 59, 168000).timestamp() * 1000)
    assert (denial.event.milliseconds, denial.event.serial) == (expected, serial)


def test_the_last_context_counts_where_a_name_could_forge_one(tmp_path: Path) -> None:
    text = (
        "type=AVC msg=audit(11/14/2023 22:13:21.250:31) : avc:  denied  { read } for  pid=41 comm=app "
        f"path=/tmp/x scontext=a:b:evil_t:s0 tclass=dir dev=dm-0 ino=7 {S} {T} tclass=file permissive=0"
    )
    (group,) = read_text(tmp_path, text).groups
    assert group.key == ("text", "app_t", "data_t", "file")


def test_records_after_their_vector_in_ausearch_order(tmp_path: Path) -> None:
    """`ausearch` prints an event's records the other way round: the vector last."""
    text = (
        "type=PROCTITLE msg=audit(11/14/2023 22:13:21.250:31) : proctitle=/usr/bin/app --serve now\n"
        "type=PATH msg=audit(11/14/2023 22:13:21.250:31) : item=0 name=/srv/x.db inode=77 mode=file,644 ouid=root "
        "ogid=root obj=system_u:object_r:data_t:s0 nametype=NORMAL\n"
        "type=SYSCALL msg=audit(11/14/2023 22:13:21.250:31) : arch=x86_64 syscall=openat success=no "
        "exit=EACCES(Permission denied) uid=root exe=/usr/bin/app\n"
        "type=AVC msg=audit(11/14/2023 22:13:21.250:31) : " + VECTOR
    )
    (denial,) = read_text(tmp_path, text).groups[0].examples
    assert denial.proctitle == ("/usr/bin/app", "--serve", "now")
    assert (denial.exit, denial.syscall, denial.exe) == ("EACCES", "openat", "/usr/bin/app")
    assert denial.raw_path == "/srv/x.db"
    assert denial.paths[0].mode == 0o100644


def test_records_without_a_stamp_belong_together_by_process(tmp_path: Path) -> None:
    text = (
        "Oct 12 10:00:00 host audit[41]: AVC " + VECTOR + "\n"
        "Oct 12 10:00:00 host audit[41]: SYSCALL arch=c000003e syscall=257 success=no exit=-13 pid=41 uid=0 "
        'comm="app" exe="/usr/bin/app" subj=system_u:system_r:app_t:s0\n'
        'Oct 12 10:00:00 host audit: PROCTITLE proctitle="app"\n'
        "Oct 12 10:00:00 host audit[42]: AVC " + VECTOR.replace("pid=41", "pid=42").replace("x.db", "y.db")
    )
    examples = read_text(tmp_path, text).groups[0].examples
    assert [(example.pid, example.exe) for example in examples] == [(41, "/usr/bin/app"), (42, "")]
    assert examples[0].syscall == "openat"


def test_a_long_argument_in_pieces(tmp_path: Path) -> None:
    text = (
        f"{HEAD}{VECTOR}\n"
        'type=EXECVE msg=audit(1700000001.250:31): argc=2 a0="/bin/echo" a1_len=8 a1[0]=61626320\n'
        "type=EXECVE msg=audit(1700000001.250:31): a1[1]=646566670A"
    )
    assert read_text(tmp_path, text).groups[0].examples[0].execve == ("/bin/echo", "abc defg\\n")
