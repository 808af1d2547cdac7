"""Whether SELinux can have a part in a failure on this machine at all, and in which domain a service runs."""

from __future__ import annotations

import re

from avcdoctor.access import names
from avcdoctor.host import Host
from avcdoctor.triage.unit import UnitFacts

_SWITCHED_OFF = re.compile(r"^\s*SELINUX\s*=\s*disabled\b", re.MULTILINE)
_PROGRAM = re.compile(r"(?:path=|^\s*[-@:+!]*)(/[^\s;]+)")


def without_selinux(host: Host) -> str:
    """Why SELinux is not in use there; empty where it is, or where nothing tells.

    Args:
        host: the running host, whose kernel lists its security modules (securityfs), or an offline root.
    """
    if host.live:
        modules = (host.files.read_text("/sys/kernel/security/lsm") or "").strip().strip("\0")
        if modules and "selinux" not in modules.split(","):
            return f"this kernel runs without SELinux (its security modules: {modules.replace(',', ', ')})"
        return ""
    if host.mode == "disabled":
        return "SELinux was switched off when the report was made"
    if host.mode:
        return ""
    if _SWITCHED_OFF.search(host.files.read_text("/etc/selinux/config") or ""):
        return "SELinux is switched off in /etc/selinux/config of this root"
    if host.files.exists("/etc/os-release") and host.files.is_gone("/etc/selinux"):
        return "this system has no SELinux policy: /etc/selinux does not exist"
    return ""


def domain_of(host: Host, unit: UnitFacts) -> str:
    """The domain in which the policy lets systemd start a service; empty where that can't be known.

    Args:
        host: whose labels and policy are asked.
        unit: the service's settings; `SELinuxContext=` goes before the label of its program.
    """
    stated = unit.settings.get("SELinuxContext", "").lstrip("-").split(":")
    if len(stated) > 2:
        return stated[2]
    program = _PROGRAM.search(unit.settings.get("ExecStart", ""))
    label = host.files.label(program[1]) if program else None
    if label is None or host.policy is None or not host.policy.has_type(label.type):
        return ""
    return host.policy.transition(names.INIT, label.type) or "" if host.policy.has_type(names.INIT) else ""
