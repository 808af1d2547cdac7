"""Remedy `dac`: owner or mode is the fault, and neither a rule nor a label helps."""

from __future__ import annotations

import stat

from avcdoctor.actions import make
from avcdoctor.model import Remedy, safe_text
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Site

_WHY = "owner and mode are checked before SELinux; no rule is involved"
_READ, _WRITE, _PASS = 0o040, 0o020, 0o010


def build(site: Site) -> Remedy:
    """Let root in as the file's group, where a PATH record tells owner and mode; else say what has to be found."""
    path, owner, group = site.text("path"), site.text("owner"), site.text("group")
    mode = site.proposal.parameters.get("mode")
    special = isinstance(mode, int) and mode & 0o7000  # set-uid, set-gid, sticky: a person looks first
    if not path or not owner or not group or not isinstance(mode, int) or special:
        title = "put owner or mode right" + (f" of {safe_text(path)}" if path else "")
        return by_hand(site, title, _WHY, "give the file the owner, group or mode that the service needs")
    bits = _READ | (_WRITE if site.proposal.parameters.get("writes") else 0)
    bits |= _PASS if stat.S_ISDIR(mode) else 0
    before = stat.S_IMODE(mode)
    steps = make.ownership(path, (owner, group, before), (owner, "root", before | bits))
    notes = (
        f"root then passes as the group; members of {group} no longer do",
        f"or run the service as {owner}, whose file it is",
    )
    title = f"give {safe_text(path)} the group root and let its group in"
    return remedy(site, title, site.unchecked(_WHY), steps, notes=notes)
