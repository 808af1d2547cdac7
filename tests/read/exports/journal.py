"""Exports: what the journal and the kernel's ring print."""

from __future__ import annotations

import json
from typing import Dict, List

from tests.read.exports.form import EXPORTS, NUMBERS, SAME, Export, form, lines_of, parts


def _journal(lines: List[str]) -> List[Dict[str, str]]:
    told = []
    for line in lines:
        part = parts(line)
        told.append({
            "__CURSOR": f"s=ab;i={part.serial}", "__REALTIME_TIMESTAMP": f"{part.seconds}{part.millis}500",
            "_SOURCE_REALTIME_TIMESTAMP": f"{part.seconds}{part.millis}000", "_BOOT_ID": "c0ffee", "_HOSTNAME": "web1",
            "_TRANSPORT": "audit", "SYSLOG_FACILITY": "4", "SYSLOG_IDENTIFIER": "audit",
            "_AUDIT_TYPE": str(NUMBERS[part.type]), "_AUDIT_TYPE_NAME": part.type, "_AUDIT_ID": part.serial,
            "_PID": "2714", "MESSAGE": f"{part.type} {part.body}",
        })  # fmt: skip
    return told


@form("journalctl -o json-sse")
def _sse(lines: List[str]) -> str:
    return "".join(f"data: {json.dumps(entry)}\n\n" for entry in _journal(lines))


@form("journalctl -o json-seq")
def _seq(lines: List[str]) -> str:
    return "".join(f"\x1e{json.dumps(entry)}\n" for entry in _journal(lines))


@form("journalctl -o json-pretty")
def _pretty(lines: List[str]) -> str:
    return "".join(json.dumps(entry, indent="\t") + "\n" for entry in _journal(lines))


@form("journalctl -o json with bytes")
def _json_bytes(lines: List[str]) -> str:
    return lines_of({**entry, "MESSAGE": list(entry["MESSAGE"].encode())} for entry in _journal(lines))


@form("journalctl -o json, few fields")
def _few_fields(lines: List[str]) -> str:
    keep = ("__CURSOR", "__REALTIME_TIMESTAMP", "_BOOT_ID", "MESSAGE")
    return lines_of({key: entry[key] for key in keep} for entry in _journal(lines))


@form("journalctl -o verbose")
def _verbose(lines: List[str]) -> str:
    told = ""
    for entry in _journal(lines):
        told += f"Sun 2022-06-12 02:13:20.123500 UTC [{entry['__CURSOR']}]\n"
        told += "".join(f"    {key}={value}\n" for key, value in entry.items() if not key.startswith("__"))
    return told


def _printed(name: str, before: str) -> None:
    EXPORTS[name] = Export(
        lambda lines: "".join(f"{before}{parts(line).type} {parts(line).body}\n" for line in lines), SAME
    )


_printed("journalctl -o short-full", "Sun 2022-06-12 02:13:20 UTC web1 audit[2714]: ")
_printed("journalctl -o with-unit", "Sun 2022-06-12 02:13:20 UTC web1 audit[2714]: ")
_printed("journalctl -o short-delta", "[ 4711.123456 <    0.000011 >] web1 audit[2714]: ")
_printed("journalctl -o short-precise", "Jun 12 02:13:20.123456 web1 audit[2714]: ")
_printed("journalctl -o cat", "")


def _kernel(name: str, before: str, after: str = "") -> None:
    def write(lines: List[str]) -> str:
        told = ""
        for line in lines:
            part = parts(line)
            told += f"{before}audit: type={NUMBERS[part.type]} audit({part.clock}:{part.serial}): {part.body}{after}\n"
        return told

    EXPORTS[name] = Export(write, SAME)


_kernel("dmesg -T", "[Sun Jun 12 02:13:20 2022] ")
_kernel("dmesg -H", "[  +0.000011] ")
_kernel("dmesg -x", "kern  :notice: [ 4711.123456] ")
_kernel("kmsg", "5,1204,4711123456,-;")
_kernel("logcat", "06-12 02:13:20.123  2714  2714 I auditd  : ")
_kernel("serial console", "[ 4711.123456] ", "\r")


@form("dmesg --json")
def _dmesg_json(lines: List[str]) -> str:
    told = map(parts, lines)
    entries = [
        {"pri": 29, "time": 4711.1, "msg": f"audit: type={NUMBERS[p.type]} audit({p.clock}:{p.serial}): {p.body}"}
        for p in told
    ]
    return json.dumps({"dmesg": entries}, indent=3)
