"""Exports: what terminals and tools show."""

from __future__ import annotations

import json
import textwrap
from typing import List

from tests.read.exports.form import REFUSED, form, line_form


@form("typescript")
def _typescript(lines: List[str]) -> str:
    prompt = "\x1b[?2004h\x1b]0;root@web1:~\x07[root@web1 ~]# "
    shown = "".join(line.replace("denied", "\x1b[01;31m\x1b[Kdenied\x1b[m\x1b[K") + "\r\n" for line in lines)
    return (
        'Script started on 2022-06-12 02:20:00+00:00 [TERM="xterm-256color" TTY="/dev/pts/0" COLUMNS="120"]\n'
        f"{prompt}ausearch --raw\r\n\x1b[?2004l\r{shown}{prompt}exit\r\n\x1b[?2004l\r\nScript done on 2022-06-12\n"
    )


def _at(line: str, width: int) -> List[str]:
    return [line[at : at + width] for at in range(0, max(1, len(line)), width)]


@form("tmux capture")
def _tmux(lines: List[str]) -> str:
    rows = ["[root@web1 ~]# ausearch -m AVC --raw"]
    for line in lines:
        rows += _at(line, 118)
    return "\n".join([*rows, "[root@web1 ~]#", "", '[0] 0:bash*                      "web1" 02:20 12-Jun-22']) + "\n"


@form("screen hardcopy")
def _screen(lines: List[str]) -> str:
    rows = ["[root@web1 ~]# ausearch -m AVC --raw"]
    for line in lines:
        rows += _at(line, 80)
    return "".join(row.ljust(80) + "\n" for row in [*rows, "[root@web1 ~]#", "", ""])


line_form("cat -A", after="$")


@form("cat -v of an enriched log")
def _cat_v(lines: List[str]) -> str:
    return "".join(f'{line}^]AUID="unset" UID="apache"\n' for line in lines)


@form("hexdump -C", REFUSED)
def _hexdump(lines: List[str]) -> str:
    data = "\n".join(lines).encode()
    told = ""
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        told += f"{at:08x}  {part[:8].hex(' ')}  {part[8:].hex(' '):23}  |{shown}|\n"
    return told


@form("grep -C -n")
def _grep(lines: List[str]) -> str:
    told = ""
    for number, line in enumerate(lines, 12):
        told += f"{number}{':' if 'denied' in line else '-'}{line}\n"
        told += "--\n" if number == 14 else ""
    return told


@form("grep -H -C")
def _grep_names(lines: List[str]) -> str:
    return "".join(f"/var/log/audit/audit.log.1{':' if 'denied' in line else '-'}{line}\n" for line in lines)


@form("unified diff")
def _diff(lines: List[str]) -> str:
    head = "diff --git a/log b/log\nindex 1..2 100644\n--- a/log\n+++ b/log\n@@ -0,0 +1,5 @@\n"
    return head + "".join(f"+{line}\n" for line in lines)


@form("sed -n l")
def _sed(lines: List[str]) -> str:
    told = ""
    for line in lines:
        escaped = line.replace("\\", "\\\\") + "$"
        while len(escaped) > 70:
            told += escaped[:69] + "\\\n"
            escaped = escaped[69:]
        told += escaped + "\n"
    return told


@form("python list")
def _python(lines: List[str]) -> str:
    return repr(lines) + "\n"


line_form("python log", "2022-06-12 02:13:20,123 INFO     audit.reader [worker-1] reader.py:41: ")


@form("python bytes")
def _python_bytes(lines: List[str]) -> str:
    return "".join(f"got {line.encode()!r}\n" for line in lines)


@form("shell's dollar quotes")
def _dollar(lines: List[str]) -> str:
    body = "\\n".join(line.replace("\\", "\\\\").replace("'", "\\'") for line in lines)
    return f"log=$'{body}'\n"


@form("shell trace")
def _trace(lines: List[str]) -> str:
    return "".join("+ echo '" + line.replace("'", "'\\''") + "'\n" for line in lines)


@form("yaml literal block")
def _yaml(lines: List[str]) -> str:
    return "host: web1\nlog: |-\n" + "".join(f"  {line}\n" for line in lines) + "next: true\n"


@form("yaml folded block")
def _yaml_folded(lines: List[str]) -> str:
    told = "host: web1\nlog: >-\n"
    for line in lines:
        told += "".join(
            f"  {part}\n" for part in textwrap.wrap(line, 90, break_long_words=False, break_on_hyphens=False)
        )
        told += "\n"
    return told + "next: true\n"


@form("yaml as PyYAML writes it")
def _pyyaml(lines: List[str]) -> str:
    import yaml  # noqa: PLC0415 - this form alone

    return str(yaml.safe_dump({"host": "web1", "lines": lines}))


@form("ansible result")
def _ansible(lines: List[str]) -> str:
    result = {"changed": False, "cmd": ["ausearch", "--raw"], "rc": 0, "stderr": "", "stdout": "\n".join(lines),
              "stdout_lines": lines}  # fmt: skip
    return (
        "TASK [collect] ****\nok: [web1] => "
        + json.dumps(result, indent=4)
        + "\n\nPLAY RECAP ****\nweb1 : ok=1 changed=0\n"
    )


@form("ansible ad hoc")
def _adhoc(lines: List[str]) -> str:
    return "web1 | CHANGED | rc=0 >>\n" + "\n".join(lines) + "\n"


@form("ansible yaml callback")
def _callback(lines: List[str]) -> str:
    return (
        "ok: [web1] => changed=false \n  cmd:\n  - ausearch\n  rc: 0\n  stdout: |-\n"
        + "".join(f"    {line}\n" for line in lines)
        + "  stdout_lines: <omitted>\n"
    )


line_form("terraform", "null_resource.web[0] (remote-exec): ")
line_form("packer", "    qemu.rhel: ")
line_form("docker compose", "audit-1  | ")
line_form("github actions", "2022-06-12T02:13:20.1234567Z ")
line_form("gh run view --log", "test\tRun the tests\t2022-06-12T02:13:20.1234567Z ")
line_form("jenkins", "[2022-06-12T02:13:20.123Z] ")
line_form("gitlab", "2022-06-12T02:13:20.123456Z 01O ")


@form("psql, expanded")
def _psql(lines: List[str]) -> str:
    return "".join(f"-[ RECORD {n} ]---------\nid      | {n}\nmessage | {line}\n" for n, line in enumerate(lines, 1))


@form("mysql, vertical")
def _mysql(lines: List[str]) -> str:
    return "".join(
        f"*************************** {n}. row ***************************\n     id: {n}\nmessage: {line}\n"
        for n, line in enumerate(lines, 1)
    )


@form("bat")
def _bat(lines: List[str]) -> str:
    rule = "\u2500" * 7
    body = "".join(f"{n:4}   \u2502 {line}\n" for n, line in enumerate(lines, 1))
    return f"{rule}\u252c{rule}\n       \u2502 File: audit.log\n{rule}\u253c{rule}\n{body}{rule}\u2534{rule}\n"


@form("toml")
def _toml(lines: List[str]) -> str:
    return "[log]\nlines = [\n" + "".join(f"  {json.dumps(line)},\n" for line in lines) + "]\n"
