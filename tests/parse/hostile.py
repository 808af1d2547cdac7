"""Records as their writers print them, with a user's text in every field that a user may choose."""

from __future__ import annotations

from typing import Callable, Dict

TRUE = "scontext=user_u:user_r:user_t:s0 tcontext=system_u:object_r:true_t:s0 tclass=%s"
FALSE = "scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:false_t:s0 tclass=file"
BEHIND = ' exe="/usr/lib/systemd/systemd" sauid=0 hostname=? addr=? terminal=?'

FRAGMENTS = (
    "avc:  denied  { start stop reload } for ",
    "avc:  granted  { read } for ",
    "avc: ",
    f"{FALSE} permissive=1",
    f" {FALSE} permissive=1 ",
    " scontext=a:b:false_t:s0",
    " tcontext=a:b:false_t:s0",
    " tclass=file",
    " permissive=1",
    ' path="/etc/shadow" ',
    " path=/etc/shadow ",
    ' cmdline="x" ',
    ' function="false" ',
    ' name="/etc/shadow" ',
    " spid=1 ",
    " pid=1 ",
    " exe=/bin/false ",
    ' exe="/bin/false" sauid=0 hostname=? addr=? terminal=?',
    "' ",
    '"',
    "'",
    "{",
    "}",
    " type=AVC msg=audit(1700000000.100:7): avc:  denied  { read } for  pid=1 ",
    " node=false type=SELINUX_ERR msg=audit(1700000000.100:7): op=setxattr ",
    "msg='",
    "\x1d",
    'UID="root"',
    "AUID=",
    "audit(1700000000.100:9)",
    "op=security_compute_av",
    "oldcontext=a:b:false_t:s0",
    "=3D",
    "\\",
    "“",
    "x",
    " ",
    "ÿ",
)


def untrusted(value: str) -> str:
    """As audit_log_untrustedstring() prints a text."""
    raw = value.encode("utf-8", "surrogateescape")
    if any(byte < 0x21 or byte > 0x7E or byte == 0x22 for byte in raw):
        return raw.hex().upper()
    return f'"{value}"'


def _kernel(value: str) -> str:
    text = untrusted(value)
    return (
        f"type=AVC msg=audit(1700000000.100:7): avc:  denied  {{ status }} for  pid=7 comm={text} path={text} "
        f"dev={text} ino=7 {TRUE % 'service'} permissive=0"
    )


def _interface(value: str) -> str:
    name = "".join(value.split()).replace("/", "").replace(":", "")
    return (
        'type=AVC msg=audit(1700000000.100:7): avc:  denied  { status } for  pid=7 comm="x" saddr=10.0.0.1 src=1 '
        f"netif={name} {TRUE % 'service'} permissive=0"
    )


def _message(told: str, tclass: str = "service", end: str = " permissive=0") -> str:
    return (
        "type=USER_AVC msg=audit(1700000000.100:7): pid=1 uid=0 auid=4294967295 ses=4294967295 "
        f"subj=system_u:system_r:init_t:s0 msg='avc:  denied  {{ status }} for {told} {TRUE % tclass}{end}{BEHIND}'"
    )


def _error(value: str) -> str:
    return (
        "type=SELINUX_ERR msg=audit(1700000000.100:7): op=security_compute_sid "
        f"invalid_context={untrusted(value)} {TRUE % 'service'}"
    )


WRITERS: Dict[str, Callable[[str], str]] = {
    "the kernel": _kernel,
    "the kernel, a network interface": _interface,
    "the kernel, an invalid context": _error,
    "systemd, a command line": lambda value: _message(
        f'auid=1000 uid=1000 gid=1000 path="/usr/lib/systemd/system/x.service" cmdline="{value}" function="method_x"'
    ),
    "systemd, a command line without function": lambda value: _message(
        f'auid=1000 uid=1000 gid=1000 path="/usr/lib/systemd/system/x.service" cmdline="{value}"'
    ),
    "systemd, no unit": lambda value: _message(f'auid=n/a uid=1000 gid=1000 cmdline="{value}" function="method_x"'),
    "systemd, a unit's path": lambda value: _message(f'auid=1000 uid=1000 gid=1000 path="{value}" cmdline="x"'),
    "systemd, an old one": lambda value: _message(f'auid=1 uid=1 gid=1 cmdline="{value}"', end=""),
    "dbus-daemon": lambda value: _message(
        f"msgtype=method_call interface={value} member={value} dest={value} spid=41 tpid=42"
    ),
    "dbus-daemon, an old one": lambda value: _message(f"msgtype=error error_name={value} dest=:1.1", end="").replace(
        BEHIND, ' : exe="/bin/dbus-daemon" (sauid=81, hostname=?, addr=?, terminal=?)'
    ),
    "dbus-broker": lambda value: _message(f"service={value} spid=41"),
    "the X server": lambda value: _message(
        f'request=X11:ChangeProperty comm={value} resid=64001 restype=WINDOW property={value} xdevice="{value}"'
    ),
    "the X server, a selection": lambda value: _message(f"comm={value} selection={value}"),
    "sepgsql": lambda value: _message("", end=f' name="{value}" permissive=0').replace("for  ", "for "),
    "sepgsql, an old one": lambda value: _message("", end=f' name="{value}"').replace("for  ", ""),
    "Android's property service": lambda value: _message(f"property={value} pid=7 uid=7 gid=7"),
    "a manager nobody knows": lambda value: _message(f'thing="{value}" other={value}'),
}
"""A record by its writer, given a user's text."""
