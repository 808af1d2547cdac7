"""AppArmor's own records: they share SELinux's record types, but have apparmor= and profile= and no contexts."""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple, Optional

from avcdoctor.parse.fields import first_of, split_fields, text

_VERDICT = re.compile(r"""\bapparmor=\\?(["']?)(DENIED|ALLOWED|KILLED)\b""", re.IGNORECASE)
# What the kernel writes in hexadecimal where it holds a blank, beside the names that every record has so.
_UNTRUSTED = ("profile", "label", "peer", "target", "namespace", "src_name", "srcname")


class AppArmor(NamedTuple):
    """One decision; `allowed` is complain mode's, which only logs. `fields` are text, by their names in the record."""

    allowed: bool
    fields: Mapping[str, str]

    @property
    def profile(self) -> str:
        """The profile's name; the bus calls it a label."""
        return self.fields.get("profile") or self.fields.get("label", "")

    @property
    def target(self) -> str:
        """What was asked for: a path, a name, or a capability."""
        return self.fields.get("name") or self.fields.get("capname") or self.fields.get("path", "")


def apparmor_record(line: str) -> Optional[AppArmor]:
    """The decision in a line, whoever printed it; None for a notice (STATUS, AUDIT) and for other text.

    Args:
        line: text; quotes may be escaped, as in JSON that was pasted.
    """
    found = _VERDICT.search(line) if "apparmor=" in line.lower() else None
    if found is None:
        return None
    body = line[found.start() :].replace('\\"', '"')
    if found[1] == "'":  # a shell or an editor changed the quotes
        body = body.replace("'", '"')
    fields = first_of(split_fields(body.encode("utf-8", "surrogateescape")))
    told = {name: text(field._replace(key="name") if name in _UNTRUSTED else field) for name, field in fields.items()}
    return AppArmor(found[2].upper() == "ALLOWED", told)
