"""What records look like, wrapped or not: the signs by which the layers know what to leave alone."""

from __future__ import annotations

import re

HEADER = re.compile(
    rb"(?:node=[^ \n]{1,255} )?type=[A-Z][A-Z0-9_]{0,63}(?:\[[0-9]+\])? msg=audit\([0-9.]{1,24}:[0-9]{1,20}\): "
)
"""How auditd begins a line."""

SOUND = re.compile(
    HEADER.pattern
    + rb"(?:avc:  (?:denied|granted)  \{ [a-z0-9_ ]*\} for  )?"
    + rb"(?:(?:msg='avc:  (?:denied|granted)  \{ [a-z0-9_ ]*\} for  ?)|"
    + rb"[A-Za-z_][A-Za-z0-9_-]*=(?:\"[ !#-~]*\"|[!#-%()+-;=?-\[\]-_a-z|}~]*)(?:[ \x1d]+|\r?\Z))+\r?\Z"
)
"""A whole record as auditd writes it, with nothing around it: no layer is looked for in it."""

RECORD = re.compile(
    rb"avc: {1,4}(?:denied|granted)|audit\([0-9]|type=(?:AVC|USER_AVC|SELINUX_ERR)\b|\bop=security_|\bscontext=|"
    rb"SELinux is preventing"
)
"""Text in which a record, or a report of one, is likely."""

NEEDED = (b"scontext", b"tcontext", b"tclass")
"""Fields without which a vector can't be read."""
BROKEN_KEY = re.compile(
    rb"(?<=\s)(?:"
    + b"|".join(key[:at] + b" {1,200}" + key[at:] for key in NEEDED for at in range(1, len(key)))
    + rb")(?==)"
)
"""Such a field's name with blanks in it, as a wrap or a terminal's right edge leaves them."""
PROMISING = re.compile(rb"audit|avc|denied|[A-Za-z0-9+/_-]{64,}={0,2}\s")
"""Text that may hold records below a further layer."""
WRAPPED = re.compile(
    rb"=(?:&(?:amp;)*(?:quot|#34|#x22|ldquo);|\\{1,8}\"|[\x80-\xff]|\"\"[^\" \n]|''[^' \n])|"
    rb"avc:(?:&|[^ -~])|\\[{}]|: avc: +[^dg \n]|: denied|3D|\\_|</?[a-z]{1,10} ?/?>\n|"
    rb"[\0-\x08\x0b\x0c\x0e-\x1b]|`\n|\r(?!\n)|"
    rb"\*\*|\xc2[\xa0\xad]|\xe2\x80[\x80-\x9f\xa8\xa9\xaf]"
)
"""What a raw log holds only where a user chose a name with it: then the layers are looked for line by line."""


def is_joined(text: bytes) -> bool:
    """Whether a text has lost the ends of its lines: most of them hold several headers."""
    headers = text.count(b" msg=audit(")
    if headers < 2 or headers < 1.5 * text.count(b"\n"):
        return False
    lines = text.split(b"\n")
    return 2 * sum(line.count(b" msg=audit(") > 1 for line in lines) > sum(map(bool, lines))


def is_sound(line: bytes) -> bool:
    """Whether the line is one record as auditd wrote it."""
    return SOUND.match(line) is not None


def untrusted(value: str) -> bytes:
    """A value as the kernel writes it (audit_log_untrustedstring): in quotes, or in hexadecimal."""
    data = value.encode("utf-8", "surrogateescape")
    if all(0x21 <= byte <= 0x7E and byte != 0x22 for byte in data):
        return b'"' + data + b'"'
    return data.hex().upper().encode("ascii")
