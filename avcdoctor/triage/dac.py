"""What owner, mode and ACL of a component allow, and which capabilities overrule them (path_resolution(7), acl(5))."""

from __future__ import annotations

import stat
from typing import NamedTuple, Optional, Tuple

from avcdoctor.host.inode import AclEntry
from avcdoctor.host.walk import Component
from avcdoctor.triage.subject import Subject

READ, WRITE, EXECUTE = 4, 2, 1
_LETTERS = ((READ, "r"), (WRITE, "w"), (EXECUTE, "x"))


class Rights(NamedTuple):
    """The bits that count for a subject, and which entry they come from: "owner", "group", "others" or an ACL entry."""

    bits: int
    entry: str


def letters(bits: int) -> str:
    """Bits as letters, such as "rx"."""
    return "".join(letter for bit, letter in _LETTERS if bits & bit)


def words(bits: int) -> str:
    """Bits as verbs, such as "read and execute"."""
    return " and ".join(verb for bit, verb in ((READ, "read"), (WRITE, "write"), (EXECUTE, "execute")) if bits & bit)


def rights(component: Component, subject: Subject) -> Rights:
    """The rights that apply; as the kernel does, the first class that fits decides, also when it grants less."""
    mode = component.permissions
    if component.uid == subject.uid:
        return Rights(mode >> 6 & 7, "owner")
    if component.carried.acl:
        return _by_acl(component.carried.acl, component, subject)
    if component.gid in subject.groups:
        return Rights(mode >> 3 & 7, "group")
    return Rights(mode & 7, "others")


def _by_acl(acl: Tuple[AclEntry, ...], component: Component, subject: Subject) -> Rights:
    mask = next((entry.bits for entry in acl if entry.tag == "mask"), 7)
    for entry in acl:
        if entry.tag == "user" and entry.number == subject.uid:
            return Rights(entry.bits & mask, f"ACL entry user:{subject.name}")
    groups = [
        entry
        for entry in acl
        if (entry.tag == "group_obj" and component.gid in subject.groups)
        or (entry.tag == "group" and entry.number in subject.groups)
    ]
    if groups:
        bits = 0
        for entry in groups:
            bits |= entry.bits & mask
        return Rights(bits, "group, by ACL")
    return Rights(next((entry.bits for entry in acl if entry.tag == "other"), 0), "others")


def refusal(component: Component, want: int, subject: Subject, held: frozenset[str]) -> Optional[Rights]:
    """The rights that are too few, or None when owner, mode, ACL or a capability let the subject through.

    Args:
        component: what is to be used.
        want: READ, WRITE and EXECUTE (search, for a directory) together.
        subject: who wants it.
        held: the capabilities that count, those that SELinux takes away left out.
    """
    found = rights(component, subject)
    if found.bits & want == want:
        return None
    if stat.S_ISDIR(component.mode):
        overruled = "dac_override" in held or ("dac_read_search" in held and not want & WRITE)
    else:
        runnable = not want & EXECUTE or component.permissions & 0o111
        overruled = ("dac_override" in held and bool(runnable)) or ("dac_read_search" in held and want == READ)
    return None if overruled else found
