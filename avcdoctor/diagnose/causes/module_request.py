"""Kernel modules that a program's request would have the kernel load."""

from __future__ import annotations

from typing import List, Optional

from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import noise
from avcdoctor.diagnose.causes.allowed import deciding
from avcdoctor.diagnose.causes.boolean import settings_for
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

_INTERFACE = "netdev-"
"""What the kernel puts before the name of an interface that is missing (dev_load in net/core/dev_ioctl.c)."""


PAGES = (
    Page(
        "module-request",
        "the kernel was asked to load a module",
        "A call named a protocol, file system or interface that is not there, and the kernel looked for a module.",
        "module_request on the kernel's domain",
        "load the module at boot, or leave it: a missing interface needs no module",
    ),
)


@cause(80, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say that the machine should load the module, not the service, or nothing."""
    if case.tclass == "system" and "module_load" in case.permissions and not case.target_is("kernel_module"):
        return _mislabelled_module(case)
    if case.tclass != "system" or "module_request" not in case.permissions:
        return None
    asked = next((one.fields["kmod"] for one in case.denials if "kmod" in one.fields), "")
    settled = case.own_log or asked.startswith(_INTERFACE) or not _by_an_option(case)
    if case.local and case.allows(case.target) and settled:
        return None  # the policy at hand allows it
    typed = words.typed(asked) if asked else "MODULE"
    names = asked or "an address family, protocol or filter"
    load: List[str] = [
        f"if the service needs it: load it at boot, `echo {typed} > /etc/modules-load.d/local.conf`, and now by "
        f"`modprobe -- {typed}`",
        "if it does not (IPv6 switched off, a probe that falls back): nothing is broken, leave it",
    ]
    interface = asked[len(_INTERFACE) :] if asked.startswith(_INTERFACE) else ""
    if interface:
        return _missing_interface(case, interface)
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


def _by_an_option(case: Case) -> bool:
    """Whether the policy at hand allows it only by an option, which machines keep on or off as they like."""
    return case.host.policy is not None and bool(deciding(case, case.host.policy))


def _missing_interface(case: Case, name: str) -> Diagnosis:
    """Who asks for a network interface that is not there makes the kernel look for a module of its name."""
    steps = (
        f"see whether there should be an interface {words.typed(name)}: `ip link`; if not, take it out of the "
        f"configuration of {words.typed(case.program)} or of what lists interfaces for it",
    )
    return Diagnosis(
        cause="module-request",
        title=f"{case.program} asked for the network interface {name}, which is not there",
        why=f"The kernel looks for a module named netdev-{name} whenever a program names an interface that does not "
        "exist (any more). Nothing is broken by the refusal, and no module of that name exists as a rule.",
        root=("module-request", case.source),
        evidence=(f"kmod=netdev-{name}",),
        ruled_out=(
            RuledOut("module", f"{case.source} could then have any module loaded that the kernel knows by alias"),
            RuledOut("boolean", "it would let every service have kernel modules loaded, for an interface that is gone"),
        ),
        proposals=(
            Proposal("dontaudit", {"hidden": noise.is_silenced(case)}),
            Proposal("app-fix", {"steps": steps}),
            Proposal("policy-update", {}),
        ),
    )


def _mislabelled_module(case: Case) -> Optional[Diagnosis]:
    """The label of the module's file is what is asked about: one that was built or copied by hand keeps its own."""
    label = case.target
    if not (facts.is_generic(label) or facts.in_group(label, "home") or facts.in_group(label, "temporary")):
        return None
    path = case.shown_path
    elsewhere = bool(path) and not path.startswith(("/lib/modules/", "/usr/lib/modules/"))
    steps = ("put it below `/lib/modules/$(uname -r)/extra`, restore its label there and run `depmod -a`",)
    move = Proposal("move", {"steps": steps})
    label_back = Proposal("restorecon", {"place": case.denial.raw_path, "type": facts.role("kernel_module")})
    return Diagnosis(
        cause="wrong-label",
        title=f"{case.program} may not load {path or 'the kernel module'}: its file is labelled {label}",
        why=f"Kernel code is only loaded from files labelled {facts.role('kernel_module')}, which everything below "
        "/lib/modules "
        f"has by default. This one is {label}: it was built elsewhere and moved, or unpacked by hand.",
        root=("module-label", label),
        evidence=(f"label of the file: {label}",),
        ruled_out=(RuledOut("module", f"kernel code could then be loaded from any file that is {label}"),),
        proposals=(move,) if elsewhere else (label_back, move),
        final=True,
    )
