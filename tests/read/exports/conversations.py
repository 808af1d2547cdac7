"""Exports: what people write and quote."""

from __future__ import annotations

import html
import json
import re
import textwrap
from typing import List

from tests.read.exports.form import form


@form("slack export")
def _slack(lines: List[str]) -> str:
    text = "\n".join(lines)
    shown = html.escape(text, quote=False)
    return json.dumps(
        [
            {"type": "message", "user": "U02", "text": "look at this:\n```" + shown + "```", "ts": "1655000100.000200",
             "blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [
                 {"type": "text", "text": text}]}]}]},
            {"type": "message", "user": "U03", "text": "hm, SELinux?", "ts": "1655000200.000200"},
        ],
        indent=4,
    )  # fmt: skip


@form("teams html")
def _teams(lines: List[str]) -> str:
    inner = "<br>\n".join(html.escape(line).replace("  ", "&nbsp; ") for line in lines)
    return (
        '<div itemscope itemtype="http://schema.skype.com/Message"><p>Bob Smith</p><div><div>&nbsp;</div>\n'
        f'<codeblock class="Plaintext"><code>{inner}</code></codeblock>\n</div></div>'
    )


@form("jira document")
def _jira(lines: List[str]) -> str:
    body = {"type": "doc", "version": 1, "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "We see this on web1:"}]},
        {"type": "codeBlock", "attrs": {}, "content": [{"type": "text", "text": "\n".join(lines)}]},
    ]}  # fmt: skip
    return json.dumps({"key": "OPS-12", "fields": {"summary": "403 since the move", "description": body}})


@form("confluence storage")
def _confluence(lines: List[str]) -> str:
    return (
        '<h2>Denials</h2><ac:structured-macro ac:name="code" ac:schema-version="1"><ac:parameter ac:name="language">'
        "text</ac:parameter><ac:plain-text-body><![CDATA[" + "\n".join(lines) + "]]></ac:plain-text-body>"
        "</ac:structured-macro><p>Who knows?</p>"
    )


@form("github html")
def _github(lines: List[str]) -> str:
    def coloured(line: str) -> str:
        return re.sub(
            r'"([^"]*)"',
            r'<span class="pl-s"><span class="pl-pds">"</span>\1<span class="pl-pds">"</span></span>',
            html.escape(line, quote=False),
        )

    text = "\n".join(lines)
    return (
        '<td class="d-block comment-body markdown-body js-comment-body"><p dir="auto">Steps:</p>\n'
        '<div class="highlight highlight-source-shell notranslate position-relative overflow-auto" dir="auto"><pre>'
        + "\n".join(map(coloured, lines))
        + '</pre><div class="zeroclipboard-container">\n    <clipboard-copy aria-label="Copy" class="btn" '
        f'value="{html.escape(text)}" tabindex="0" role="button">\n<svg aria-hidden="true" height="16"></svg>\n'
        "</clipboard-copy>\n</div></div></td>"
    )


@form("github api")
def _github_api(lines: List[str]) -> str:
    return json.dumps(
        {"url": "https://api.github.com/repos/x/y/issues/1", "number": 1, "title": "denied",
         "body": "### What happened\r\n\r\n```\r\n" + "\r\n".join(lines) + "\r\n```\r\n\r\nversion 3", "comments": 0}
    )  # fmt: skip


@form("discourse")
def _discourse(lines: List[str]) -> str:
    cooked = '<p>Hi,</p>\n<pre><code class="lang-auto">' + html.escape("\n".join(lines)) + "\n</code></pre>\n<p>?</p>"
    return json.dumps({"post_stream": {"posts": [{"id": 3, "username": "bob", "cooked": cooked, "reads": 12}]}})


@form("mailbox, format=flowed")
def _flowed(lines: List[str]) -> str:
    told: List[str] = []
    for line in lines:
        parts = textwrap.wrap(line, 70, break_long_words=False, break_on_hyphens=False, drop_whitespace=False)
        parts = [part if part.endswith(" ") or part is parts[-1] else part + " " for part in parts]
        told += [" " + part if part.startswith((" ", ">", "From ")) else part for part in parts]
    return (
        "From bob@example.org Sun Jun 12 02:15:00 2022\nSubject: denials\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8; format=flowed\n\nHello,\n\n" + "\n".join(told) + "\n\n-- \nBob\n"
    )


@form("mail reply")
def _reply(lines: List[str]) -> str:
    quoted: List[str] = []
    for line in lines:
        quoted += ["> " + part for part in textwrap.wrap(line, 74, break_long_words=False, break_on_hyphens=False)]
    return (
        "On Sun, Jun 12, 2022 at 2:15 AM Bob wrote:\n> Hello,\n>\n"
        + "\n".join(quoted)
        + "\n>\n> Bob\n\nNo idea, sorry.\n"
    )


@form("bugzilla reply")
def _bugzilla(lines: List[str]) -> str:
    return (
        "(In reply to Bob from comment #3)\n" + "".join(f"> {line}\n" for line in lines) + "\nStill there in 38.1.27.\n"
    )


@form("rich text")
def _rtf(lines: List[str]) -> str:
    def escaped(line: str) -> str:
        return re.sub(r"([\\{}])", r"\\\1", line)

    body = "\\par\n".join(map(escaped, lines))
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fnil\\fcharset0 Consolas;}}\n\\pard\\f0\\fs22 "
        + body
        + "\\par\n}\n"
    )


@form("windows clipboard")
def _windows(lines: List[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode("utf-16")


@form("chat log, cut messages")
def _irc(lines: List[str]) -> str:
    told = ""
    for line in lines:
        for part in (line[at : at + 420] for at in range(0, len(line), 420)):
            told += f"[02:14:07] <bob> {part}\n"
    return told + "[02:15:11] <eve> restorecon?\n"
