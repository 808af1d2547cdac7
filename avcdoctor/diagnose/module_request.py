"""Kernel modules that a program's request would have the kernel load."""

from __future__ import annotations

from typing import List, Optional

from avcdoctor.diagnose import words
from avcdoctor.diagnose.boolean import settings_for
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.model import Proposal, RuledOut


def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say that the machine should load the module, not the service, or nothing."""
    if case.tclass != "system" or "module_request" not in case.permissions:
        return None
    asked = next((one.fields["kmod"] for one in case.denials if "kmod" in one.fields), "")
    typed = words.typed(asked) if asked else "MODULE"
    names = asked or "an address family, protocol or filter"
    load: List[str] = [
        f"if the service needs it: load it at boot, `echo {typed} > /etc/modules-load.d/local.conf`, and now by "
        f"`modprobe -- {typed}`",
        "if it does not (IPv6 switched off, a probe that falls back): nothing is broken, leave it",
    ]
    proposals = [Proposal("app-fix", {"steps": tuple(load)})]
    proposals += [Proposal("boolean", {"name": name, "value": value}) for name, value in settings_for(case)[:1]]
    proposals += [Proposal("dontaudit", {}), Proposal("policy-update", {})]
    return Diagnosis(
        cause="module-request",
        title=f"{case.program} made the kernel look for a module: {names}",
        why=f"{case.program} used something the running kernel has no code for yet, and the kernel asked whether it "
        f"may load {asked or 'a module'} on behalf of {case.source}. Loading kernel code is the machine's business, "
        "not a service's.",
        root=("module-request", case.source),
        evidence=(f"kmod={asked}",) if asked else (),
        ruled_out=(
            RuledOut("module", f"{case.source} could then have any module loaded that the kernel knows by alias"),
        ),
        proposals=tuple(proposals),
    )
