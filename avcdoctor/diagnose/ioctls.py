"""Ioctl numbers: extended permissions can refuse one although the type rule grants ioctl."""

from __future__ import annotations

from typing import FrozenSet

from avcdoctor.host import Policy
from avcdoctor.model import Group


def refused_numbers(policy: Policy, group: Group, source: str = "", target: str = "") -> FrozenSet[int]:
    """The ioctl numbers of a group that the policy's allowxperm rules leave out.

    Where any such rule exists for a source, target and class, only the numbers it names are allowed (the kernel's
    security/selinux/ss/services.c, services_compute_xperms_decision). audit2why doesn't look at them.

    Args:
        policy: the policy to ask.
        group: its examples carry the numbers (ioctlcmd=).
        source: another source type to ask for.
        target: another target type to ask for.
    """
    if "ioctl" not in group.permissions:
        return frozenset()
    ranges = policy.extended(source or group.source, target or group.target, group.tclass)
    if ranges is None:
        return frozenset()
    asked = frozenset(one.ioctl for one in group.examples if one.ioctl is not None)
    return frozenset(number for number in asked if not any(low <= number <= high for low, high in ranges))
