"""What every export is made with: the log, what must be read in it, and the register of all of them."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Callable, Dict, Iterable, List, NamedTuple, Union

SAME, PART, REFUSED = "same", "part", "refused"
"""Every denial with every field; some of them and nothing wrong, because the form holds no more; none, and said so."""

_HTTPD = "scontext=system_u:system_r:httpd_t:s0"
LOG = f"""\
type=AVC msg=audit(1655000000.123:456): avc:  denied  {{ read }} for  pid=2714 comm="httpd" name="index.html" \
dev="dm-0" ino=10342 {_HTTPD} tcontext=unconfined_u:object_r:var_t:s0 tclass=file permissive=0
type=SYSCALL msg=audit(1655000000.123:456): arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c \
a1=7f2b1c004b20 a2=80000 a3=0 items=1 ppid=2710 pid=2714 auid=4294967295 uid=48 gid=48 euid=48 suid=48 fsuid=48 \
egid=48 sgid=48 fsgid=48 tty=(none) ses=4294967295 comm="httpd" exe="/usr/sbin/httpd" \
subj=system_u:system_r:httpd_t:s0 key=(null)
type=AVC msg=audit(1655000007.511:460): avc:  denied  {{ name_bind }} for  pid=3001 comm="nginx" src=8081 \
{_HTTPD} tcontext=system_u:object_r:transproxy_port_t:s0 tclass=tcp_socket permissive=0
type=AVC msg=audit(1655000010.002:463): avc:  denied  {{ open write }} for  pid=3100 comm=6D7920776F726B6572 \
path="/srv/shop/a_b-c.conf" dev="sda1" ino=77 scontext=system_u:system_r:container_t:s0:c12,c345 \
tcontext=system_u:object_r:usr_t:s0 tclass=file permissive=0
type=USER_AVC msg=audit(1655000020.250:470): pid=817 uid=81 auid=4294967295 ses=4294967295 \
subj=system_u:system_r:system_dbusd_t:s0-s0:c0.c1023 msg='avc:  denied  {{ send_msg }} for  msgtype=method_call \
interface=org.freedesktop.login1.Manager member=Inhibit dest=:1.48 spid=1000 tpid=1001 \
scontext=system_u:system_r:fprintd_t:s0 tcontext=system_u:system_r:systemd_logind_t:s0 tclass=dbus permissive=0  \
exe="/usr/bin/dbus-daemon" sauid=81 hostname=? addr=? terminal=?'
"""

Written = Union[str, bytes]


class Export(NamedTuple):
    """A form: what makes it of a log, and what must be read in it."""

    write: Callable[[List[str]], Written]
    expected: str


EXPORTS: Dict[str, Export] = {}


def form(name: str, expected: str = SAME) -> Callable[[Callable[[List[str]], Written]], Callable[[List[str]], Written]]:
    """Register a form.

    Args:
        name: what to call it.
        expected: what must be read.
    """

    def register(write: Callable[[List[str]], Written]) -> Callable[[List[str]], Written]:
        EXPORTS[name] = Export(write, expected)
        return write

    return register


def line_form(name: str, before: str = "", after: str = "", expected: str = SAME) -> None:
    """A form that puts something around each line."""
    EXPORTS[name] = Export(lambda lines: "".join(f"{before}{line}{after}\n" for line in lines), expected)


_RECORD = re.compile(r"type=(\S+) msg=audit\((([0-9]+)\.([0-9]+)):([0-9]+)\): (.*)")
NUMBERS = {"AVC": 1400, "SYSCALL": 1300, "USER_AVC": 1107}


class Parts(NamedTuple):
    """A record's parts."""

    type: str
    clock: str
    seconds: str
    millis: str
    serial: str
    body: str


def parts(line: str) -> Parts:
    """The parts of a line of the log."""
    found = _RECORD.match(line)
    assert found is not None
    return Parts(*found.groups())


def table(rows: Iterable[Iterable[object]], every: bool = True) -> str:
    """Rows as CSV; with quotes around every cell, or where they are needed."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL).writerows(rows)
    return out.getvalue()


def lines_of(entries: Iterable[object]) -> str:
    """An object a line."""
    return "".join(json.dumps(entry) + "\n" for entry in entries)
