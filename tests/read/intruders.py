"""What stands in a trail and is not auditd's as it wrote it: others' lines, wrapped records, damaged files."""

from __future__ import annotations

import random
from typing import Callable, Dict, List, Tuple

from bench.generate import generate
from tests.read.wrappings import CARRIERS, DECORATIONS, FOLDS, Wrap, records

WRAPPINGS: Dict[str, Wrap] = {**DECORATIONS, **CARRIERS, **FOLDS}
OF_ANY_TEXT: Dict[str, Wrap] = {
    **DECORATIONS,
    **FOLDS,
    **{
        name: CARRIERS[name]
        for name in ("json lines", "json pretty", "json of all", "csv", "html pre", "html entities")
    },
    **{
        name: CARRIERS[name] for name in ("html br", "percent", "base64 on one line", "quoted-printable", "yaml", "sql")
    },
}
OTHERS = ("journal", "kernel", "interpreted", "raw")
SIGNS = (
    *(
        "\x1b[31m",
        "\x1b[0m",
        "\x1b[m\x1b[K",
        "&quot;",
        "&amp;",
        "&#39;",
        '\\"',
        '""',
        "''",
        "<br>",
        "<b>",
        "**",
        "`",
        "\\_",
    ),
    *(
        "msg=3D",
        "type=3D",
        "comm%3D",
        "%20",
        "\r",
        "\x0b",
        "\x0c",
        "\x08",
        "\xa0",
        "\u201c",
        "\u2026",
        "\u2502",
        "\u2028",
    ),
    *("\0\0\0", "\0", "\ufeff", "\t", '{"a":"b"}', '{"', "[", "MESSAGE=", "__CURSOR=x", "> ", "# ", "1: ", "| ", " P "),
)


def _island(lines: List[str], pick: random.Random) -> None:
    """A few records as something wraps them, in one place."""
    text = WRAPPINGS[pick.choice(list(WRAPPINGS))](records(pick.randrange(10_000)))
    at = pick.randrange(len(lines) + 1)
    lines[at:at] = text.split("\n")[:-1]


def _wrap(lines: List[str], pick: random.Random) -> None:
    """Some lines of the log itself, as something wraps them."""
    at = pick.randrange(len(lines))
    end = at + pick.choice((1, 1, 3))
    lines[at:end] = OF_ANY_TEXT[pick.choice(list(OF_ANY_TEXT))]("\n".join(lines[at:end]) + "\n").split("\n")[:-1]


def _escape(lines: List[str], pick: random.Random) -> None:
    """A line whose quotes are escaped, some of them or all."""
    at = pick.randrange(len(lines))
    sign = pick.choice(("&quot;", '\\"', '""', "\u201c", "&#34;", "&amp;quot;"))
    lines[at] = lines[at].replace('"', sign, pick.choice((-1, -1, 1, 2)))


def _colour(lines: List[str], pick: random.Random) -> None:
    """A word in a line that grep coloured."""
    at = pick.randrange(len(lines))
    word = pick.choice(("avc", "denied", "AVC", "type=AVC", "comm", "audit", "SELINUX_ERR", "scontext", "msg", " "))
    lines[at] = lines[at].replace(word, f"\x1b[01;31m\x1b[K{word}\x1b[m\x1b[K", 1)


def _sign(lines: List[str], pick: random.Random) -> None:
    """A sign by which a wrapping is told, anywhere in a line."""
    at = pick.randrange(len(lines))
    where = pick.randrange(len(lines[at]) + 1)
    lines[at] = lines[at][:where] + pick.choice(SIGNS) + lines[at][where:]


def _others(lines: List[str], pick: random.Random) -> None:
    """Events as another daemon writes them, in one place or between the lines."""
    more = [line for line, _ in generate(pick.randrange(10_000), pick.choice((400, 2000)), 0.8, pick.choice(OTHERS))]
    at = pick.randrange(len(lines) + 1)
    if pick.random() < 0.5:
        lines[at:at] = more
        return
    for number, line in enumerate(more):
        lines.insert(min(len(lines), at + 2 * number), line)


def _copy(lines: List[str], pick: random.Random) -> None:
    """Lines of the log itself, as syslog or the kernel's ring prints them, near where they stand or elsewhere."""
    at = pick.randrange(len(lines))
    before = pick.choice(
        ("Nov 14 22:13:21 host audisp-syslog: ", "Nov 14 22:13:21 host audit[41]: ", "[ 12.3] audit: ", " ")
    )
    copied = [before + line for line in lines[at : at + pick.choice((1, 2, 5))]]
    to = pick.randrange(len(lines) + 1)
    lines[to:to] = copied


def _crash(lines: List[str], pick: random.Random) -> None:
    """Zero bytes between two records, with the rest of the first one or without it."""
    at = pick.randrange(len(lines))
    whole = lines[at][: pick.choice((None, pick.randrange(len(lines[at]) + 1)))]
    after = lines[at + 1 : at + 2]
    lines[at : at + 2] = [whole + "\0" * pick.choice((1, 7, 4096)) + "".join(after)]


def _returns(lines: List[str], pick: random.Random) -> None:
    """Lines that end as in Windows: one, or all."""
    chosen = range(len(lines)) if pick.random() < 0.3 else [pick.randrange(len(lines))]
    for at in chosen:
        lines[at] += "\r"


INTRUDERS: Tuple[Callable[[List[str], random.Random], None], ...] = (
    _island,
    _wrap,
    _escape,
    _escape,
    _colour,
    _sign,
    _sign,
    _sign,
    _others,
    _copy,
    _crash,
    _returns,
)
"""Changes to the lines of a log."""
