"""Remedy `domain-transition`: bring a process into the domain it belongs to."""

from __future__ import annotations

from avcdoctor.actions import make
from avcdoctor.diagnose import words
from avcdoctor.model import Remedy, safe_text
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Site

_REGULAR = 0o100000


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
    type_, place, domain = site.text("type"), site.text("place"), site.text("domain")
    if type_ and domain and place.startswith("/"):
        return _labelled(site, type_, place, domain)
    return by_hand(site, "bring the program into a domain of its own", "depends on the program's own policy")


def _labelled(site: Site, type_: str, place: str, domain: str) -> Remedy:
    """Label the program, so that it is in its own domain from its next start on."""
    outcome = site.simulate(
        lambda group: site.may(group, domain), f"{site.first.source} may do this to {domain}, where it then runs"
    )
    default = site.host.label_for(place, _REGULAR)
    steps = make.fcontext(place, False, type_)
    if default is not None and default.type == type_:
        carries = site.host.files.label(place)
        steps = (make.restorecon(place, False, type_, carries.type if carries else ""),)
    title = f"label {safe_text(place)} {type_}, so that it runs in {domain}"
    grants = (f"the program then runs in {domain}, which confines it",)
    return remedy(site, title, outcome, steps + make.manual(*site.steps), grants=grants)
