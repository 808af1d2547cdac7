"""The one table of what switches protection off: asked when a rule pack is checked, and before anything is shown."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Pattern, Tuple

WITHHELD = "[withheld: SELinux stays on]"

_LONGEST = 1 << 16  # characters looked at in one piece; nobody's advice is longer
_CONTINUED = re.compile(r"\\\r?\n[ \t]*")
_QUOTING = re.compile(r"[\"'`]|\\(?=[A-Za-z0-9\s=\"'])")
_BLANKS = re.compile(r"[\s\u00a0]+")
_OFF = r"(?:0x)?0+\b|permissive\b|off\b|false\b|no\b|disabled?\b|\$"


class Way(NamedTuple):
    """One way of switching protection off.

    Args:
        what: what it is, for a problem report.
        expression: finds it in a text as it stands, and in one without quoting.
        mention: even to speak of it is refused in a rule pack; shown text may name it.
    """

    what: str
    expression: Pattern[str]
    mention: bool = False


def _way(what: str, expression: str, *, mention: bool = False) -> Way:
    return Way(what, re.compile(expression, re.IGNORECASE), mention)


WAYS: Tuple[Way, ...] = (
    _way("setenforce", rf"\bsetenforce\b[\s,(\[=]+(?:--?\w+\s+)?(?:{_OFF})"),
    _way("setenforce", r"\b(?:echo|printf|yes)\b[^\n;&]{0,40}\b0+\b[^\n;&]{0,40}\|[^\n;&]{0,60}\bsetenforce\b"),
    _way("a library's call", r"\bsecurity_(?:setenforce|disable)\b\s*\(\s*(?!1|true)"),
    _way("the kernel's switch", r"(?:>|\b(?:tee|cp|dd)\b|\bof=|\bwrite)[^\n]{0,120}/selinux/(?:enforce|disable)\b"),
    _way("the kernel's switch", r"/selinux/(?:enforce|disable)\b[^\n]{0,80}(?:\bwrite|,\s*w\b|\bw\b\s*\))"),
    _way("the configuration", r"\bSELINUX\s*[=:]\s*(?:disabled|permissive)\b"),
    _way("the configuration", r"\benforcing\\?\s*[/|,#:@!]\s*(?:SELINUX\s*=\s*)?(?:permissive|disabled)\b"),
    _way("the configuration", r"\bselinux\w*\b[^\n]{0,80}\bstate\s*[=:]\s*(?:disabled|permissive)\b"),
    _way("the configuration", r"\bselinux_(?:state|mode|permissive)\s*[=:]\s*\S"),
    _way("the configuration", r"\b(?:rm|unlink|mv|truncate|shred)\s[^\n;|&]{0,60}/etc/(?:selinux|sysconfig/selinux)\b"),
    _way("the kernel's command line", r"\b(?:selinux|enforcing)\s*[= ]\s*(?:0+\b|off\b|false\b)"),
    _way("the kernel's command line", r"\bsecurity=(?:none|apparmor|tomoyo|smack)\b|\blsm=(?![\w,]*selinux)[\w,]+"),
    _way(
        "a permissive domain",
        r"\bsemanage\b[^\n;|&]{0,40}\bpermissive\b(?=[^\n;|&]{0,160}(?:\s-\w*a\b|\s--add\b))|\bpermissive\s+(?:-a|--add)\b",
    ),
    _way("a permissive domain", r"\btypepermissive\b|\bpermissive\s+\w+\s*;"),
    _way("a permissive domain", r"\bsemodule\b[^\n;|&]{0,80}\bpermissive_\w+"),
    _way(
        "a container without a domain",
        r"--security-opt\W{1,3}label[=:]disable\b|\bSecurityLabelDisable\s*=\s*(?:true|yes|on|1)\b",
    ),
    _way("the policy's package", r"\b(?:remove|erase|purge|autoremove|uninstall)\b[^\n;|&]{0,60}\bselinux-policy"),
    _way("rules that nobody read", r"\baudit2allow\b[^\n]{0,80}(?:\s-\w*M\b|\|[^\n]{0,40}\bsemodule\b)"),
    _way(
        "an instruction",
        r"(?<!not )(?<!never )(?<!n't )\b(?:disable|turn off|switch off|deactivate|shut off)\s+SELinux\b",
    ),
    _way("an instruction", r"\b(?:put|set|switch|bring|change|run|boot)\b[^.\n]{0,40}\b(?:in|to|into)\s+permissive\b"),
    _way("setenforce", r"\bsetenforce\b", mention=True),
    _way("a permissive domain or mode", r"\bpermissive\b", mention=True),
    _way("SELinux disabled", r"\bdisabl\w+ selinux\b|\bselinux disabled\b", mention=True),
    _way("audit2allow", r"\baudit2allow\b", mention=True),
)
"""Every way. No expression repeats what it repeats, so a text costs no more than its length."""

_SIGN = re.compile(r"selinux|enforc|permissive|audit2allow|security|lsm=", re.IGNORECASE)
"""What each of them has in it: a text without it is asked no further, and most have none."""


def weakens(text: str) -> bool:
    """Whether a text holds a command or an instruction that switches SELinux off, in whole or for a domain."""
    return _found(text, mentions=False) is not None


def spoken_of(text: str) -> Optional[str]:
    """What a text of a rule pack says that none may say; None where it is clean."""
    return _found(text, mentions=True)


def withheld(text: str) -> str:
    """A text with every such passage replaced; the whole of it where the passage is hidden by quoting."""
    if not weakens(text):
        return text
    shown = text
    for way in WAYS:
        if not way.mention:
            shown = way.expression.sub(WITHHELD, shown)
    return WITHHELD if weakens(shown.replace(WITHHELD, "")) else shown


def _found(text: str, *, mentions: bool) -> Optional[str]:
    for start in range(0, max(len(text), 1), _LONGEST // 2):
        piece = text[start : start + _LONGEST]
        for form in dict.fromkeys((piece, *_plain(piece))):
            for way in WAYS if _SIGN.search(form) else ():
                hit = way.expression.search(form) if mentions or not way.mention else None
                if hit:
                    return hit.group()
    return None


def _plain(text: str) -> Tuple[str, ...]:
    """The text as a shell would read it: continued lines joined, no quotes, one blank between words."""
    joined = _CONTINUED.sub("", text)
    bare = _QUOTING.sub("", joined)
    return joined, bare, _BLANKS.sub(" ", bare)
