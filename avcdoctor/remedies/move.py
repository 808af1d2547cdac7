"""Remedy `move`: move a file to where the policy expects it."""

from __future__ import annotations

from avcdoctor.actions import make
from avcdoctor.model import Remedy
from avcdoctor.remedies.build import remedy
from avcdoctor.remedies.exec_type import entered
from avcdoctor.remedies.relabel import relabelled
from avcdoctor.remedies.site import Site

_REGULAR = 0o100000


def build(site: Site) -> Remedy:
    """Move a script whose path is known; anything else is a matter of words."""
    to, place = site.text("to"), site.text("place")
    title = f"move it to {to}" if to else "move it to where the policy expects it"
    script = next((one for one in site.finding.proposals if one.kind == "exec-type"), None)
    type_ = _label_at(site, to, str(script.parameters.get("type", "")) if script else "")
    outcome = entered(site, type_)[0] if script is not None and type_ else relabelled(site, type_)
    known = place.startswith("/") and to.startswith("/") and script is not None
    if known and site.own_log and site.host.files.is_gone(to):
        texts = (f"make the directory: `install -d -m 0755 {to}`, then `restorecon -v {to}`", *site.steps)
        return remedy(site, title, outcome, make.manual(*texts), applicability="manual")
    if known:
        done = make.move(place, f"{to}/{place.rsplit('/', 1)[-1]}")
        return remedy(site, title, outcome, done + make.manual(*site.steps))
    steps = make.manual(*(site.steps or (title,)))
    return remedy(site, title, outcome, steps, applicability="manual")


def _label_at(site: Site, directory: str, script_type: str) -> str:
    """The label a file gets in a directory; a rule pack's script type where the labels at hand don't know the place."""
    found = site.host.label_for(f"{directory}/x", _REGULAR) if directory else None
    type_ = found.type if found is not None else ""
    policy = site.policy(site.first)
    foreign = script_type and (
        policy is None or not type_ or not policy.has_type(type_) or policy is not site.host.policy
    )
    return script_type if foreign else type_
