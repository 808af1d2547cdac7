"""Exports: what documents hold."""

from __future__ import annotations

import base64
import re
import textwrap
from typing import List

from tests.read.exports.form import REFUSED, form


@form("asciidoc")
def _asciidoc(lines: List[str]) -> str:
    return "= Report\n\n[source,text]\n----\n" + "\n".join(lines) + "\n----\n<1> a callout\n"


@form("man page source")
def _man(lines: List[str]) -> str:
    return ".TH X 8\n.SH EXAMPLE\n.nf\n" + "".join(line.replace("-", "\\-") + "\n" for line in lines) + ".fi\n"


@form("latex, escaped")
def _latex(lines: List[str]) -> str:
    escaped = [re.sub(r"([_{}#%&$])", r"\\\1", line) for line in lines]
    return "\\section{Log}\n{\\ttfamily\n" + " \\\\\n".join(escaped) + "\n}\n"


@form("org mode")
def _org(lines: List[str]) -> str:
    return "* Log\n" + "".join(f": {line}\n" for line in lines)


@form("pdf text")
def _pdf(lines: List[str]) -> str:
    told: List[str] = ["Incident report                      page 1"]
    for line in lines:
        told += textwrap.wrap(line, 92, break_long_words=False, break_on_hyphens=True)
    return "\n".join(told).replace("fi", "\ufb01").replace("fl", "\ufb02") + "\n\f"


@form("word processor")
def _word(lines: List[str]) -> str:
    text = "\n".join(lines).replace("  ", " \u00a0").replace("-", "\u2011")
    return re.sub(r'"([^"]*)"', "\u201c\\1\u201d", re.sub(r"'([^']*)'", "\u2018\\1\u2019", text)) + "\n"


@form("mail in base64")
def _mime(lines: List[str]) -> bytes:
    head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(("Hello,\r\n" + "\r\n".join(lines) + "\r\n").encode())


@form("ausearch --format text", REFUSED)
def _ausearch_text(lines: List[str]) -> str:
    return (
        "At 02:13:20 06/12/2022 apache, acting as system, unsuccessfully "
        "accessed-mac-policy-controlled-object using /usr/sbin/httpd\n"
    )


@form("audit2allow's rules alone", REFUSED)
def _rules(lines: List[str]) -> str:
    return "\n#============= httpd_t ==============\nallow httpd_t var_t:file read;\n"


@form("in small letters", REFUSED)
def _lowered(lines: List[str]) -> str:
    """Types have capitals (NetworkManager_t): what is left of them would be other types."""
    return "\n".join(lines).lower() + "\n"
