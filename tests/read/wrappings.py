"""What people and programs put around records: one function for each wrapping, and random logs to wrap."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import quopri
import random
import re
import textwrap
import urllib.parse
from typing import Callable, Dict, List, NamedTuple, Tuple

from avcdoctor.group.grouper import Grouper
from avcdoctor.read.counters import Tally
from avcdoctor.read.general import PlainReader

Wrap = Callable[[str], str]

_SOURCES = "app_t nginx_helper_t my_daemon_t container_t sshd_t".split()  # noqa: SIM905 - reads better
_TARGETS = "default_t var_lib_t app_conf_t user_home_t etc_t".split()  # noqa: SIM905 - likewise
_LEVELS = ("s0", "s0-s0:c0.c1023", "s0:c12,c345")
_PROGRAMS = ("app", "nginx", "(ystemctl)", "my worker", "kworker/u8:1", "a.out")
_PLACES = (
    "/srv/app/index.html",
    "/etc/app.d/a+b.conf",
    "/var/lib/app/my file",
    "/opt/x_y/z-1.2.so",
    "/tmp/.X11-unix/X0",
)


def _untrusted(value: str) -> str:
    plain = all("!" <= sign <= "~" and sign != '"' for sign in value)
    return f'"{value}"' if plain else value.encode().hex().upper()


def records(seed: int) -> str:
    """A raw log of two to seven denials, some with their system call."""
    rng = random.Random(seed)
    lines: List[str] = []
    for number in range(rng.randint(2, 7)):
        stamp = f"audit({1700000000 + seed * 10 + number}.{rng.randint(0, 999):03d}:{rng.randint(1, 99999)})"
        source, target = rng.choice(_SOURCES), rng.choice(_TARGETS)
        pid, program, place = rng.randint(2, 4_000_000), rng.choice(_PROGRAMS), rng.choice(_PLACES)
        contexts = (
            f"scontext=system_u:system_r:{source}:{rng.choice(_LEVELS)} "
            f"tcontext=unconfined_u:object_r:{target}:{rng.choice(_LEVELS)}"
        )
        kind = rng.randint(0, 5)
        if kind == 0:
            lines.append(
                f"type=AVC msg={stamp}: avc:  denied  {{ name_connect }} for  pid={pid} comm={_untrusted(program)} "
                f"dest={rng.randint(1, 65535)} {contexts} tclass=tcp_socket permissive=0"
            )
        elif kind == 1:
            lines.append(
                f"type=USER_AVC msg={stamp}: pid=817 uid=81 auid=4294967295 ses=4294967295 "
                "subj=system_u:system_r:system_dbusd_t:s0-s0:c0.c1023 msg='avc:  denied  { send_msg } for "
                "msgtype=method_call interface=org.example.Manager member=Inhibit dest=:1.48 spid=1000 tpid=1001 "
                f'{contexts} tclass=dbus permissive=0  exe="/usr/bin/dbus-daemon" sauid=81 hostname=? addr=? '
                "terminal=?'"
            )
        else:
            permissions = rng.choice(("read", "getattr", "read write", "add_name", "execute"))
            lines.append(
                f"type=AVC msg={stamp}: avc:  denied  {{ {permissions} }} for  pid={pid} comm={_untrusted(program)} "
                f'path={_untrusted(place)} dev="dm-0" ino={rng.randint(1, 10**7)} {contexts} tclass=file permissive=0'
            )
            if kind > 3:
                lines.append(
                    f"type=SYSCALL msg={stamp}: arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c a1=7f2 "
                    f"a2=80000 a3=0 items=0 ppid=1 pid={pid} auid=4294967295 uid=48 gid=48 euid=48 suid=48 fsuid=48 "
                    f"egid=48 sgid=48 fsgid=48 tty=(none) ses=4294967295 comm={_untrusted(program)} "
                    f'exe="/usr/sbin/app" subj=system_u:system_r:{source}:s0 key=(null)'
                )
    return "\n".join(lines) + "\n"


class Told(NamedTuple):
    """What was read: denials by what they are, and how many could not be read."""

    denials: Tuple[Tuple[object, ...], ...]
    unreadable: int


def told(data: bytes, piece: int = 1 << 16) -> Told:
    """What is read in a text."""
    grouper, tally = Grouper(), Tally()
    reader = PlainReader(grouper, tally)
    reader.unwrap((data[at : at + piece] for at in range(0, len(data), piece)), "text")
    reader.finish("text")
    denials = [
        (group.source, group.target, group.tclass, group.count, tuple(sorted(group.permissions.items())), example.comm,
         example.path, example.pid, example.source.level, example.target.level, example.port, example.event.serial)
        for group in grouper.groups()
        for example in group.examples
    ]  # fmt: skip
    return Told(tuple(sorted(denials, key=repr)), tally.unreadable)


def _each(change: Callable[[str], str], joint: str = "\n", end: str = "\n") -> Wrap:
    return lambda text: joint.join(change(line) for line in text.splitlines()) + end


def _hard(width: int, prefix: str = "") -> Wrap:
    return lambda text: (
        "\n".join(
            prefix + line[at : at + width] for line in text.splitlines() for at in range(0, max(1, len(line)), width)
        )
        + "\n"
    )


def _soft(width: int, first: str = "", after: str = "") -> Wrap:
    def wrap(text: str) -> str:
        lines: List[str] = []
        for line in text.splitlines():
            lines += textwrap.wrap(
                line, width, initial_indent=first, subsequent_indent=after, break_long_words=False,
                break_on_hyphens=False, drop_whitespace=True,
            ) or [""]  # fmt: skip
        return "\n".join(lines) + "\n"

    return wrap


def _csv(delimiter: str, twice: bool = False) -> Wrap:
    def wrap(text: str) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["_time", "host", "_raw"])
        for line in text.splitlines():
            writer.writerow(["2023-11-14T22:13:20", "web1", line, *([line] if twice else [])])
        return out.getvalue()

    return wrap


def _object(line: str) -> Dict[str, object]:
    return {"@timestamp": "2023-11-14T22:13:20Z", "message": line, "host": {"name": "web1"}}


def _mail64(text: str) -> str:
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(text.encode()).decode() + "\n--part--\n"


def _mailqp(text: str) -> str:
    head = "Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
    return head + quopri.encodestring(text.encode()).decode()


def _alternatives(text: str) -> str:
    plain = quopri.encodestring(text.encode()).decode()
    markup = quopri.encodestring(f"<html><pre>{html.escape(text)}</pre></html>".encode()).decode()
    coded = "Content-Transfer-Encoding: quoted-printable\n\n"
    return (
        'Content-Type: multipart/alternative; boundary="b1"\n\n'
        f"--b1\nContent-Type: text/plain\n{coded}{plain}\n--b1\nContent-Type: text/html\n{coded}{markup}\n--b1--\n"
    )


_NUMBERS = {"AVC": 1400, "SYSCALL": 1300, "USER_AVC": 1107}
_PARTS = re.compile(r"type=(\S+) msg=audit\(([0-9.]+):([0-9]+)\): (.*)")


def _parts(line: str) -> Tuple[str, str, str, str]:
    found = _PARTS.match(line)
    assert found is not None
    return found[1], found[2], found[3], found[4]


def _go_audit(line: str) -> str:
    kind, clock, serial, body = _parts(line)
    return json.dumps(
        {"sequence": int(serial), "timestamp": clock, "messages": [{"type": _NUMBERS[kind], "data": body}]}
    )


def _docker(text: str) -> str:
    pieces = [piece for line in text.splitlines() for piece in (line[:90], line[90:] + "\n")]
    return "".join(json.dumps({"log": piece, "stream": "stdout", "time": "t"}) + "\n" for piece in pieces)


def _journal_export(text: str, binary: bool = False) -> str:
    told = ""
    for line in text.splitlines():
        kind, clock, serial, body = _parts(line)
        message = f"{kind} {body}"
        size = len(message).to_bytes(8, "little").decode("utf-8", "surrogateescape")
        told += (
            f"__CURSOR=s={serial}\n__REALTIME_TIMESTAMP=1\n_TRANSPORT=audit\n_AUDIT_TYPE_NAME={kind}\n"
            f"_AUDIT_ID={serial}\n_SOURCE_REALTIME_TIMESTAMP={clock.replace('.', '')}000\n"
            + (f"MESSAGE\n{size}{message}\n\n" if binary else f"MESSAGE={message}\n\n")
        )
    return told


def _sql(line: str) -> str:
    return "'" + line.replace("'", "''") + "'"


CARRIERS: Dict[str, Wrap] = {
    "quoted-printable": _mailqp,
    "base64 mail": _mail64,
    "base64 on one line": lambda text: base64.b64encode(text.encode()).decode() + "\n",
    "json lines": _each(lambda line: json.dumps(_object(line))),
    "json array": lambda text: json.dumps([_object(line) for line in text.splitlines()]) + "\n",
    "json pretty": _each(lambda line: json.dumps(_object(line), indent=2)),
    "json pretty array": lambda text: json.dumps([_object(line) for line in text.splitlines()], indent=4) + "\n",
    "json of all": lambda text: json.dumps({"log": text, "stream": "stdout"}) + "\n",
    "json hits": lambda text: json.dumps(
        {
            "took": 3,
            "hits": {"total": 2, "hits": [{"_id": "x", "_source": _object(line)} for line in text.splitlines()]},
        }
    ),
    "json deep": _each(lambda line: json.dumps({"event": {"kind": "e", "original": line}, "agent": {"id": "1"}})),
    "json twice": _each(lambda line: json.dumps({"msg": " " + line, "rawmsg": "<30>" + line, "tag": "x:"})),
    "json list of strings": lambda text: json.dumps({"lines": text.splitlines()}),
    "sse": _each(lambda line: "data: " + json.dumps(_object(line)) + "\n"),
    "json-seq": _each(lambda line: "\x1e" + json.dumps(_object(line))),
    "json after text": lambda text: "-- Logs begin here --\n" + _each(lambda line: json.dumps(_object(line)))(text),
    "json behind syslog": _each(lambda line: "Jun 12 02:13:20 web1 shipper: " + json.dumps(_object(line))),
    "csv": _csv(","),
    "csv semicolons": _csv(";"),
    "tsv": _csv("\t"),
    "csv twice": _csv(",", twice=True),
    "html pre": lambda text: "<html><body><pre>" + html.escape(text) + "</pre></body></html>\n",
    "html br": lambda text: "<p>" + html.escape(text).replace("\n", "<br>\n") + "</p>\n",
    "html br one line": lambda text: "<p>" + html.escape(text).replace("\n", "<br/>") + "</p>",
    "html list": _each(lambda line: f"<li>{html.escape(line)}</li>"),
    "html rows": _each(lambda line: f"<tr><td>1</td><td><code>{html.escape(line)}</code></td><td>x</td></tr>"),
    "html entities": html.escape,
    "html no-break": lambda text: html.escape(text, quote=False).replace("  ", "&nbsp; "),
    "html numbers": lambda text: text.replace("&", "&#38;").replace('"', "&#34;").replace("'", "&#x27;"),
    "html twice": lambda text: html.escape(html.escape(text)),
    "html bold": lambda text: "<div>" + html.escape(text).replace("denied", "<b>denied</b>") + "</div>",
    "xml": lambda text: (
        "<?xml version='1.0'?><log>"
        + _each(lambda line: f"<event id='1'><msg>{html.escape(line)}</msg></event>")(text)
        + "</log>"
    ),
    "xml cdata": _each(lambda line: f"<event><![CDATA[{line}]]></event>"),
    "percent": lambda text: "log=" + urllib.parse.quote(text),
    "json of messages": _each(_go_audit),
    "docker's pieces": _docker,
    "mail with alternatives": _alternatives,
    "xml attributes": _each(lambda line: f'<event id="1" text="{html.escape(line)}"/>'),
    "ruby": _each(lambda line: f'{{\n  "message" => {json.dumps(line)},\n  "host" => "web1"\n}}'),
    "yaml": lambda text: "records:\n" + _each(lambda line: f"  - {json.dumps(line)}")(text),
    "yaml single": lambda text: "records:\n" + _each(_sql)(text),
    "sql": _each(lambda line: f"  VALUES (7, {_sql(line)}),"),
    "shell": _each(lambda line: f"echo {json.dumps(line)} | audit2why"),
    "journal export": _journal_export,
    "journal export in binary": lambda text: _journal_export(text, binary=True),
}
"""Wrappings that hold any text."""

DECORATIONS: Dict[str, Wrap] = {
    "fence": lambda text: f"Here it is:\n\n```\n{text}```\n\nThanks!\n",
    "indent": _each(lambda line: "    " + line),
    "quoted": _each(lambda line: "> " + line),
    "quoted twice": _each(lambda line: "> > " + line),
    "quoted tight": _each(lambda line: ">>" + line),
    "comment": _each(lambda line: "# " + line),
    "bullets": _each(lambda line: "* " + line),
    "dashes": _each(lambda line: "- " + line),
    "numbered": lambda text: "\n".join(f"{n}. {line}" for n, line in enumerate(text.splitlines(), 1)) + "\n",
    "cat -n": lambda text: "\n".join(f"{n:6d}\t{line}" for n, line in enumerate(text.splitlines(), 1)) + "\n",
    "grep -n": lambda text: "\n".join(f"{n}:{line}" for n, line in enumerate(text.splitlines(), 1)) + "\n",
    "grep -Hn": lambda text: "\n".join(f"audit.log:{n}:{line}" for n, line in enumerate(text.splitlines(), 1)) + "\n",
    "grep -H": _each(lambda line: "/var/log/audit/audit.log:" + line),
    "code spans": _each(lambda line: f"`{line}`"),
    "table": lambda text: "| n | record |\n|---|---|\n" + _each(lambda line: f"| 1 | `{line}` | x |")(text),
    "box": lambda text: "+---+\n" + _each(lambda line: f"| {line} |")(text) + "+---+\n",
    "strong": lambda text: text.replace("denied", "**denied**"),
    "emphasis": lambda text: text.replace("denied", "*denied*"),
    "autolink": lambda text: re.sub(r"audit\(([0-9.:]+)\)", r"audit([\1](tel:1700000000))", text),
    "bbcode": lambda text: f"[code]{text}[/code]\n",
    "jira": lambda text: f"{{noformat}}\n{text}{{noformat}}\n",
    "markdown escapes": lambda text: text.replace("_", "\\_"),
    "colours": lambda text: text.replace("type=", "type=\x1b[01;31m\x1b[K", 1).replace(
        "denied", "\x1b[1mdenied\x1b[0m"
    ),
    "colours shown": lambda text: text.replace("denied", "^[[01;31m^[[Kdenied^[[m^[[K"),
    "colours without escape": lambda text: text.replace("denied", "[01;31m[Kdenied[m[K"),
    "overstrike": lambda text: text.replace("denied", "d\bde\ben\bni\bie\bed\bd"),
    "no-break": lambda text: text.replace("  ", "\u00a0 "),
    "all no-break": lambda text: text.replace(" ", "\u00a0"),
    "tabs": lambda text: text.replace(" ", "\t"),
    "smart quotes": lambda text: text.replace('"', "\u201d"),
    "zero width": lambda text: text.replace(":", ":\u200b"),
    "soft hyphens": lambda text: text.replace("denied", "de\u00adnied"),
    "carriage returns": lambda text: text.replace("\n", "\r"),
    "dos": lambda text: text.replace("\n", "\r\n"),
    "form feeds": lambda text: text.replace("\n", "\x0c"),
    "zero bytes": lambda text: "\0" * 40 + text.replace("\n", "\n\0\0"),
    "mark": lambda text: "\ufeff" + text,
    "syslog": _each(lambda line: "Jun 12 02:13:20 web1 audispd: " + line),
    "rfc5424": _each(lambda line: "<30>1 2022-06-12T02:13:20.123Z web1 audit - - - " + line),
    "cri": _each(lambda line: "2022-06-12T02:13:20.123456789Z stdout F " + line),
    "backslashes": lambda text: text.replace('"', '\\"'),
    "python": repr,
    "one line": lambda text: text.replace("\n", " ") + "\n",
    "no line ends": lambda text: text.replace("\n", ""),
    "zero bytes for line ends": lambda text: text.replace("\n", "\0"),
    "escaped braces": lambda text: text.replace("{", "\\{").replace("}", "\\}"),
    "wide quotes": lambda text: text.replace('"', "\uff02"),
    "guillemets": lambda text: text.replace('"', "\u00bb"),
    "quotes twice": lambda text: text.replace('"', '""'),
    "apostrophes twice": lambda text: text.replace('"', "''"),
    "strong types": lambda text: re.sub(r"(?<=:)([a-z_]+_t)", r"**\1**", text),
    "cri's pieces": _each(
        lambda line: f"2022-06-12T02:13:20.1Z stdout P {line[:90]}\n2022-06-12T02:13:20.1Z stdout F {line[90:]}"
    ),
    "asciidoc": lambda text: f"....\n{text}....\n",
    "logfmt": _each(lambda line: f"time=now level=info msg={json.dumps(line)}"),
    "prose": lambda text: f"Hello,\n\nI get these with a=b:\n{text}\nWhat can I do?\nThanks = good\n",
}
"""Wrappings of lines."""

FOLDS: Dict[str, Wrap] = {
    "hard 80": _hard(80),
    "hard 78": _hard(78),
    "hard 100": _hard(100),
    "hard 61": _hard(61),
    "hard 76 quoted": _hard(76, "> "),
    "soft 72": _soft(72),
    "soft 80": _soft(80),
    "soft 76 quoted": _soft(76, "> ", "> "),
    "soft 74 indented": _soft(74, "", "    "),
    "soft 80 list": _soft(80, "- ", "  "),
    "soft 70 comment": _soft(70, "# ", "# "),
    "hard 80 with backslashes": _each(lambda line: "\\\n".join(line[at : at + 79] for at in range(0, len(line), 79))),
    "hard 80 indented": lambda text: "".join(
        line[:80] + "\n" + "".join(f"    {line[at : at + 76]}\n" for at in range(80, len(line), 76))
        for line in text.splitlines()
    ),
    "terminal's panes": lambda text: "".join(
        f"  $ top      \u2502{part:64}\u2502\n" for part in _hard(64)(text).splitlines()
    ),
    "type alone": lambda text: text.replace(" msg=audit", "\nmsg=audit"),
    "backslash": lambda text: text.replace(" scontext", " \\\n    scontext"),
}
"""Lines that are cut."""

ENCODINGS: Dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "utf-32-be": lambda text: text.encode("utf-32-be"),
    "cp1252": lambda text: text.encode("cp1252", "replace"),
}

AFTER_A_FOLD = frozenset(
    ["quoted-printable", "base64 mail", "base64 on one line", "json of all", "html pre", "html entities", "html list",
     "html br", "html br one line", "xml", "percent", "fence", "quoted", "quoted tight", "comment", "grep -H", "cat -n",
     "bbcode", "jira", "dos", "mark", "prose"]
)  # fmt: skip
"""What a text with cut lines is put into; the rest takes each line for a record."""
ON_LINES = frozenset(
    ["table", "box", "csv", "csv semicolons", "tsv", "csv twice", "html list", "html rows", "xml", "xml cdata",
     "syslog", "rfc5424", "cri", "logfmt", "sse", "json-seq",
     *(name for name in CARRIERS if name.startswith("json") and name != "json of all")]
)  # fmt: skip
"""Wrappings of records, one a line, which no text of another shape is given to."""


OF_RECORDS = frozenset(["json of messages", "journal export", "journal export in binary"])
"""Wrappings that take records apart, and so stand within all others."""
NOT_WITHIN = frozenset(
    ["backslashes", "python", "zero bytes", "mark", "cri's pieces", "apostrophes twice", "quotes twice", "one line",
     "no line ends"]
)  # fmt: skip
"""Wrappings that no other program puts into one of its own."""


COUNTED = frozenset(
    ["colours", "colours shown", "colours without escape", "overstrike", "zero width", "soft hyphens", "escaped braces",
     "strong types", "cat -n", "zero bytes for line ends", "grep -H", "quoted tight", "code spans"]
)  # fmt: skip
"""What a program that cuts lines does not see, or counts otherwise than we do."""
OUTERMOST = ("mark", "zero bytes", "dos", "backslashes")
"""What is done to a whole file at last."""


def stack(rng: random.Random) -> Tuple[str, ...]:
    """Names of two or three wrappings, the inner first, as they come about: decorated, cut, carried, quoted."""
    decorations = sorted(set(DECORATIONS) - ON_LINES - NOT_WITHIN)
    decoration, carrier = rng.choice(decorations), rng.choice(sorted(set(CARRIERS) - OF_RECORDS))
    before, fold = rng.choice(sorted(set(decorations) - COUNTED - {"python"})), rng.choice(sorted(FOLDS))
    late = rng.choice(sorted(AFTER_A_FOLD & set(CARRIERS)))
    quote = rng.choice(("quoted", "comment", "dos", "fence", "jira", "prose"))
    last = rng.choice(OUTERMOST[:3] if fold == "terminal's panes" else OUTERMOST)
    return rng.choice(
        (
            (decoration, carrier),
            (fold, late),
            (fold, quote),
            (before, fold),
            (decoration, carrier, quote),
            (fold, late, "dos"),
            (fold, last),
            (before, fold, "dos"),
            (decoration, "dos"),
            (decoration, carrier, "mark"),
        )
    )


def wrapped(text: str, names: Tuple[str, ...]) -> str:
    """A text in a stack of wrappings."""
    for name in names:
        text = {**DECORATIONS, **CARRIERS, **FOLDS}[name](text)
    return text
