"""Facts that hold on most systems, for use without any policy; the policy at hand, when there is one, knows better.

They come from Fedora's targeted policy and from what its and Debian's file contexts share (policies/facts/).
"""

from avcdoctor.knowledge.labels import Label, default_label, has_label, is_sure
from avcdoctor.knowledge.named import classes, paths, programs
from avcdoctor.knowledge.switches import boolean_default, boolean_value, booleans_for, is_wide
from avcdoctor.knowledge.typefacts import (
    PortRange,
    attribute_members,
    daemons,
    domain_of_executable,
    executables_of,
    has_attribute,
    in_group,
    is_generic,
    policy_package,
    port_owner,
    port_types,
    ports_of,
    role,
    spellings,
    transitions_from,
)

__all__ = [
    "Label",
    "PortRange",
    "attribute_members",
    "boolean_default",
    "boolean_value",
    "booleans_for",
    "classes",
    "daemons",
    "default_label",
    "domain_of_executable",
    "executables_of",
    "has_attribute",
    "has_label",
    "in_group",
    "is_generic",
    "is_sure",
    "is_wide",
    "paths",
    "policy_package",
    "port_owner",
    "port_types",
    "ports_of",
    "programs",
    "role",
    "spellings",
    "transitions_from",
]
