"""Tells secrets from ordinary files: where one is refused, the refusal is right, and no right to it is handed out."""

from __future__ import annotations

import re

from avcdoctor.host.walk import Component
from avcdoctor.knowledge.protected import is_secret as is_secret_type
from avcdoctor.model import Remedy
from avcdoctor.triage.layers.base import remedy

_NAMES = re.compile(
    r"/(?:shadow-?|gshadow-?|opasswd|sudoers(?:\.d/.*)?|ssh_host_\w+_key|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|"
    r"[^/]*\.(?:key|keytab|p12|pfx|jks)|\.my\.cnf|\.pgpass|\.netrc|private/.+)\Z"
)


def is_secret(component: Component) -> bool:
    """Whether a component is a secret by its label, the label it should have, or its name."""
    labels = [label.type for label in (component.label, component.default) if label is not None]
    return any(map(is_secret_type, labels)) or (component.kind != "directory" and is_secret_name(component.path))


def is_secret_name(path: str) -> bool:
    """Whether a file's name tells that it is a secret."""
    return _NAMES.search(path) is not None


def keep_denied() -> Remedy:
    """The answer for a secret."""
    return remedy(
        "keep-denied",
        "leave it refused: this file is a secret",
        steps=(
            "find out why the program asks for it; a program that needs a key gets one of its own, readable by "
            "its user alone",
        ),
    )
