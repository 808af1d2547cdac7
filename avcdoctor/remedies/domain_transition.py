"""Remedy `domain-transition`: bring a process into the domain it belongs to."""

from __future__ import annotations

from avcdoctor.diagnose import words
from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.site import Site


def build(site: Site) -> Remedy:
    """Bring the process into the domain it belongs to."""
    if site.proposal.parameters.get("nnp"):
        return by_hand(
            site,
            "let the service change its domain",
            "a setting of the unit is not part of the policy",
            "take NoNewPrivileges=yes out of the unit; PrivateDevices=, ProtectKernelTunables=, RestrictNamespaces=, "
            "SystemCallFilter= and the like imply it for services that run with a User=",
            "`systemctl daemon-reload`, then restart the service",
        )
    if site.proposal.parameters.get("peer"):
        return by_hand(
            site,
            "give the other side a domain of its own",
            "which program it is, the log does not tell",
            f"find the server: `ps -eZ | grep -- {words.typed(site.first.target)}`",
            "install the policy package of that server, or restore the label of its executable, and restart it",
        )
    return by_hand(site, "bring the program into a domain of its own", "depends on the program's own policy")
