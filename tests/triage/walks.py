"""Walks of our own making, and who asks for them."""

from avcdoctor.host.walk import Component, Walk
from avcdoctor.triage.subject import Subject

WEB = Subject("web", 33, frozenset({33}), frozenset())
ROOT = Subject("root", 0, frozenset({0}), frozenset({"dac_override", "dac_read_search", "sys_chroot"}))
DIRECTORY, FILE = 0o040755, 0o100644


def component(path, mode=FILE, uid=0, gid=0, **more):
    kind = {0o04: "directory", 0o10: "file", 0o12: "link"}[mode >> 12]
    return Component(path, kind, mode, uid, gid, str(uid), str(gid), **more)


def walked(*components, end="found", rest=()):
    links = sum(1 for one in components if one.kind == "link")
    return Walk(components[-1].path, components, end, components[-1].path, links, rest, "/etc/fstab")


TOP = component("/", DIRECTORY)
