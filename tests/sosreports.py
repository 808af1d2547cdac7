"""Lays out sosreports for tests as sos's plugins do: real names of files, size-limit links, links at the top."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Mapping

NAME = "sosreport-web1-2026-08-13-qmzhtrx"
LINK = "link to "

HTTPD, HOME = "system_u:system_r:httpd_t:s0", "unconfined_u:object_r:user_home_t:s0"


def avc(serial: int, permission: str = "read", pid: int = 41, rest: str = "", target: str = HOME) -> str:
    """One denial, as the kernel words it after the event's number."""
    what = rest or 'name="index.html" dev="dm-0" ino=7'
    return (
        f"audit(1786600{serial:03}.250:{serial}): avc:  denied  {{ {permission} }} for  pid={pid} "
        f'comm="httpd" {what} scontext={HTTPD} tcontext={target} tclass=file permissive=0'
    )


def raw(record: str) -> str:
    """A denial as auditd writes it."""
    return f"type=AVC msg={record}\n"


def interpreted(record: str) -> str:
    """The same as `ausearch -i` shows it: the time in words, in the machine's own zone, and no quotes."""
    stamp, _, rest = record.partition(": ")
    serial = stamp.partition(".")[2].rstrip(")")
    return f"----\ntype=AVC msg=audit(08/13/2026 11:12:{serial[4:6].zfill(2)}.{serial} : {rest}\n".replace('"', "")


def syslog(record: str) -> str:
    """The same as rsyslog keeps the kernel's message."""
    return f"Aug 13 11:12:13 web1 kernel: audit: type=1400 {record}\n"


def journal(record: str) -> str:
    """The same as journalctl shows what came by the audit socket: the event's number is gone."""
    return f"Aug 13 11:12:13 web1 audit[41]: AVC {record.partition(': ')[2]}\n"


def dmesg(record: str) -> str:
    """The same in the kernel's buffer."""
    return f"[   12.345678] audit: type=1400 {record}\n"


COMMON: Mapping[str, str] = {
    "etc/os-release": LINK + "../usr/lib/os-release",
    "usr/lib/os-release": 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n',
    "etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
    "etc/hostname": "web1\n",
    "hostname": LINK + "sos_commands/host/hostname",
    "sos_commands/host/hostname": "web1\n",
    "sos_reports/manifest.json": "{}",
}


def lay_out(folder: Path, files: Mapping[str, str], common: Mapping[str, str] = COMMON) -> Path:
    """Write a sosreport's directory below a folder.

    Args:
        folder: where it goes.
        files: names below its top, to their text or to a link.
        common: what every report holds.
    """
    top = folder / NAME
    for name, text in {**common, **files}.items():
        place = top / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith(LINK):
            place.symlink_to(text[len(LINK) :])
        else:
            place.write_text(text)
    return top


def packed(top: Path, mode: str = "w:xz") -> Path:
    """The same, packed as sos packs it."""
    archive = top.with_name(f"{top.name}.tar{mode[1:].replace(':', '.')}")
    with tarfile.open(archive, mode) as out:  # type: ignore[call-overload]
        out.add(top, top.name)
    return archive
