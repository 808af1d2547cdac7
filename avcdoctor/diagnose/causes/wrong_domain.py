"""Who runs it: a service that has no domain of its own, or that was kept from entering it."""

from __future__ import annotations

import re
from typing import FrozenSet, List, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.knowledge.domains import domain_for, in_family
from avcdoctor.model import Proposal, RuledOut, safe_text

_NO_PROGRAM = "no program's name"
_SERVICE_DOMAIN = re.compile(r":system_r:")
_OFF_NOSUID = Proposal(
    "mount-option",
    {
        "title": "run the program from a file system that is mounted without nosuid",
        "steps": (
            "see how it is mounted: `findmnt -no TARGET,OPTIONS -T PROGRAM`",
            "install the program where programs lie (/usr/bin, /usr/local/bin), or take nosuid out of that mount's "
            "options; it is there so that nobody gains rights by a program brought along",
        ),
    },
)


PAGES = (
    Page(
        "no-own-domain",
        "a service without a domain of its own",
        "The program runs in the domain of services that the policy does not know.",
        "unconfined_service_t, initrc_t or init_t as source, and a program no rule knows",
        "give the program the type its policy provides, or live with it unconfined",
    ),
    Page(
        "peer-wrong-domain",
        "the other side runs in the wrong domain",
        "The socket's server runs in a domain that clients don't expect, so they may not talk to it.",
        "connectto a service's socket whose process is in another domain",
        "start the server so that it gets its own domain; leave the client alone",
    ),
    Page(
        "strange-domain",
        "a program in another program's domain",
        "The program's file carries the executable type of another service, so it came into that service's domain.",
        "entrypoint is denied to a domain that is none of the program; often a file-contexts pattern fits",
        "give the program's file a label of its own",
    ),
    Page(
        "transition-blocked",
        "the change of domain was stopped",
        "NoNewPrivileges or a nosuid mount keeps the program from its own domain.",
        "nnp_transition or nosuid_transition, or a SELINUX_ERR about the transition",
        "take NoNewPrivileges out of the unit, or mount without nosuid",
    ),
    Page(
        "unit-program-label",
        "systemd may not start the program",
        "The program of a unit has a label that is none for programs.",
        "init_t is denied to execute it",
        "restore or give the executable's label",
    ),
    Page(
        "wrong-domain",
        "a process in the wrong domain",
        "The program does not run in the domain that the policy has for it, so that everything it does is refused.",
        "the source is a shell's or systemd's domain, and the policy has another one for the program",
        "label the executable, or start it as the policy expects",
    ),
)


@cause(110, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain that the source, or the peer, runs in the wrong domain, or nothing."""
    if case.tclass == "process2" and case.permissions & {"nnp_transition", "nosuid_transition"}:
        granted = case.local and case.allows(case.target, tclass="process2")
        return None if granted else blocked_transition(case, case.permissions)
    return (
        _strange_label(case)
        or _started_file(case)
        or _no_own_domain(case)
        or _peer_by_hand(case)
        or _peer_without_domain(case)
    )


def _strange_label(case: Case) -> Optional[Diagnosis]:
    """A program came into a domain that is not its own, by the label of its file, and starts another from there."""
    if case.tclass != "file" or "entrypoint" not in case.permissions or not case.comm or case.comm.startswith("("):
        return None
    other = words.family(case.source) not in case.comm and names.is_program(case.target)
    if not other or case.source_is("undomained") or not _SERVICE_DOMAIN.search(str(case.source_context)):
        return None
    program = case.comm
    place, pattern = _labelled_by_pattern(case, program)
    steps = (
        f"see which rule labels it: `matchpathcon $(command -v {words.typed(program)})`; a pattern such as "
        "/usr/bin/NAME.* may mean another program",
    )
    found = (f"file contexts: {safe_text(pattern)}",) if pattern else ()
    return Diagnosis(
        cause="strange-domain",
        title=f"{program} runs in {case.source}, another program's domain, and can't start {case.object} there",
        why=f"{case.source} can only be entered through its own programs, and {case.object} is {case.target}. "
        f"{program} came into it by the label of its own file, which "
        f"{'a pattern of the file contexts gives it' if pattern else 'a pattern or a package must have given it'}.",
        root=("strange-domain", case.source, program),
        evidence=(f"source context: {case.source_context}", *found),
        ruled_out=(RuledOut("module", f"{case.source} could then be entered through {case.target}"),),
        proposals=(
            Proposal("exec-type", {"type": case.target, "place": place, "of_caller": True}),
            Proposal("domain-transition", {"steps": steps}),
        ),
    )


def _labelled_by_pattern(case: Case, program: str) -> Tuple[str, str]:
    """(path, pattern) of a program to which a pattern of the file contexts gives an executable type of the source."""
    labels, policy = case.host.labels, case.source_policy
    if labels is None or policy is None:
        return "", ""
    doors = policy.entrypoints(case.source)
    for folder in ("/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/local/bin"):
        entry = labels.entry(f"{folder}/{program}", 0o100000)
        if entry is not None and not entry.exact and entry.context is not None and entry.context.type in doors:
            return f"{folder}/{program}", entry.pattern
    return "", ""


def blocked_transition(case: Case, asked: FrozenSet[str]) -> Diagnosis:
    """A domain change that NoNewPrivileges or a nosuid mount stopped.

    Args:
        case: the group; its source and target are the old and the new domain.
        asked: the permissions of class process2 that were missing; none where the log does not tell which of the two.
    """
    nosuid, nnp = "nosuid_transition" in asked, "nnp_transition" in asked
    barrier = {
        (True, False): "the program lies on a filesystem mounted nosuid",
        (False, True): "the service runs with NoNewPrivileges",
        (True, True): "the service runs with NoNewPrivileges, and its program lies on a filesystem mounted nosuid",
        (False, False): "the service runs with NoNewPrivileges, or its program lies on a filesystem mounted nosuid",
    }[nosuid, nnp]
    who, what = ("systemd", case.unit_program) if case.unit_program else (case.program, "a program")
    unit = Proposal("domain-transition", {"nnp": True, "domain": case.target})
    named = " ".join(sorted(asked)) or "nnp_transition, nosuid_transition"
    return Diagnosis(
        cause="transition-blocked",
        title=f"{who} can't start {what} in {case.target}: {barrier}",
        why=f"{barrier[0].upper()}{barrier[1:]}, so the kernel lets a domain change only where the policy grants it "
        f"by name ({named}). The program stays in {case.source}, and everything it does is judged there.",
        root=("transition-blocked", case.source, case.target),
        evidence=() if nosuid and not nnp else _settings(case),
        proposals=(
            _nosuid_or_policy(case)
            if nosuid and not nnp
            else (*_unit_or_policy(case, unit), *(() if nnp and not nosuid else (_OFF_NOSUID,)))
        ),
    )


def _settings(case: Case) -> Tuple[str, ...]:
    """Which setting of the program's unit stops the change, on the machine that wrote the log."""
    units = case.host.services.running(case.exe) if case.own_log and case.exe else ()
    found = ((safe_text(unit.name), unit.no_new_privileges) for unit in units)
    return tuple(
        f"{name} sets {setting}" + ("" if setting == "NoNewPrivileges" else ", which turns NoNewPrivileges on")
        for name, setting in found
        if setting
    )


def _nosuid_or_policy(case: Case) -> Tuple[Proposal, ...]:
    """A sandbox mounts everything nosuid, whoever uses it: there the policy has to allow the change."""
    policy, module = Proposal("policy-update", {}), Proposal("module", {})
    return (policy, _OFF_NOSUID, module) if case.comm in facts.programs("sandbox") else (_OFF_NOSUID, policy, module)


def _unit_or_policy(case: Case, unit: Proposal) -> Tuple[Proposal, ...]:
    """Prefer a policy update for a distribution's unit (systemd itself starts it), a change for one's own unit."""
    policy, module = Proposal("policy-update", {}), Proposal("module", {})
    return (policy, unit, module) if case.source == names.INIT else (unit, policy, module)


def _started_file(case: Case) -> Optional[Diagnosis]:
    """systemd may not start the program of a unit: the file carries a label no service may be started from."""
    if not case.source_is("starter") or case.tclass not in ("file", "lnk_file"):
        return None
    if not case.permissions & {"execute", "execute_no_trans"}:
        return None
    if not (facts.is_generic(case.target) or "home" in case.target or case.target_is("temporary")):
        return None
    default, _sure = case.default_label(case.path) if case.path else ("", False)
    shown = case.shown_path or "the program"
    plain = facts.role("program")
    right = default if names.is_program(default) else plain
    relabel = Proposal("restorecon", {"place": case.path}) if default and default == right else None
    label = Proposal("exec-type", {"type": right, "place": case.path})
    moved = Proposal(
        "move",
        {
            "to": "/usr/local/bin",
            "steps": (
                f"put the program into /usr/local/bin (or below /opt/NAME/bin), where files get {plain}, and change "
                "ExecStart=",
            ),
        },
    )
    home = "home" in case.target
    return Diagnosis(
        cause="unit-program-label",
        title=f"systemd may not start {shown}: it is labelled {case.target}",
        why=f"A unit's program has to carry a label that services may be started from, such as {plain}. {shown} is "
        f"{case.target}"
        + (", the label of a home directory: it lies there, or was moved from there and kept it." if home else "."),
        root=("unit-program", case.path or case.name),
        next="after execute come read, open and map, which the right label covers",
        ruled_out=(
            RuledOut(
                "module",
                "letting systemd run files of home or unknown places would let every user's file run as a service",
            ),
        ),
        proposals=tuple(one for one in (relabel, label, moved) if one),
    )


def _is_systemd(case: Case) -> bool:
    return case.exe.startswith(facts.paths("systemd")) or case.comm.startswith(facts.programs("systemd"))


def _makes_code(case: Case) -> bool:
    """Whether a program compiles as it runs, which systemd itself never does."""
    return case.tclass == "process" and bool(case.permissions & {"execmem", "execstack"})


def _no_own_domain(case: Case) -> Optional[Diagnosis]:
    """A service works in init_t or initrc_t because its executable has no type that leads elsewhere."""
    if (
        not (case.source_is("starter") or case.source == names.KERNEL)
        or not (case.comm or case.exe)
        or _is_systemd(case)
    ):
        return None
    if case.source == names.KERNEL and not case.exe.startswith("/"):
        return None
    of_itself = case.source == case.target == names.INIT and case.tclass == "process"
    about_it = of_itself or case.tclass.endswith("_socket") or _makes_code(case)
    if not (about_it or case.source == names.KERNEL or case.exe):
        return None
    policy = case.source_policy
    label, _sure = case.default_label(case.exe, "file") if case.exe else ("", False)
    domain = (
        policy.transition(case.source, label)
        if policy and label
        else facts.domain_of_executable(label)
        if label
        else None
    )
    leads = f" {case.exe} should be {label}, which leads to {domain}." if domain and domain != case.source else ""
    plain = facts.role("program")
    program = words.typed(case.exe) if case.exe else f"$(command -v {words.typed(case.program)})"
    steps: Tuple[str, ...] = (
        f"see what the program is labelled: `ls -Z {program}`; {names.INIT} means that systemd started it without a "
        "domain change",
        f"install the package that brings the service's policy; or give the program {plain}, so that systemd starts it "
        f"in {domain_for('service-without-domain')}",
    )
    return Diagnosis(
        cause="no-own-domain",
        title=f"{case.program} runs in {case.source}, which is not meant for it",
        why=f"{case.source} is systemd's own domain (or that of boot scripts). {case.program} is in it because its "
        f"executable carries no type that leads to another domain.{leads}",
        root=("no-own-domain", case.program),
        evidence=(f"source context: {case.source_context}",),
        proposals=(
            Proposal("domain-transition", {"type": label if leads else plain, "steps": steps}),
            Proposal("exec-type", {"type": label if leads else plain, "place": case.exe}),
            Proposal("module", {}),
        ),
        warnings=(f"a rule for {case.source} would hold for everything systemd does itself",),
    )


def _peer_by_hand(case: Case) -> Optional[Diagnosis]:
    """The other side is a daemon that somebody started from a shell."""
    if (
        not in_family(case.target, "person-unconfined")
        or case.tclass != "unix_stream_socket"
        or "connectto" not in case.permissions
    ):
        return None
    shown = case.shown_path
    if not shown.startswith(("/run/", "/var/", "private/", "public/")) or "/home/" in shown or "/run/user/" in shown:
        return None
    return Diagnosis(
        cause="peer-wrong-domain",
        title=f"{case.program} may not talk to {case.shown_path}: its server was started by hand",
        why=f"The server behind this socket runs in {case.target}, the domain of your shell: it was started from there "
        "instead of by systemd. Services may talk to the server's own domain, not to a person's session.",
        root=("peer-by-hand", case.shown_path),
        ruled_out=(RuledOut("module", "services would be allowed to talk to every program of every administrator"),),
        proposals=(
            Proposal(
                "domain-transition",
                {
                    "steps": (
                        "stop the server and start it by `systemctl start NAME`; `ps -eZ` then shows it in its own "
                        "domain",
                    ),
                },
            ),
        ),
    )


def _peer_without_domain(case: Case) -> Optional[Diagnosis]:
    """The other side is a service of the policy whose program carries a label that leads nowhere."""
    if case.tclass != "unix_stream_socket" or "connectto" not in case.permissions:
        return None
    if not in_family(case.target, "undomained") or not case.path.startswith("/"):
        return None
    server = case.host.server(case.path) if case.own_log else None
    if server is None or server.context is None or server.context.type != case.target:
        return None
    type_, domain = _meant_for(case, server.exe)
    if not domain or domain == case.target or case.allows(domain) is not True:
        return None
    program, carries = safe_text(server.exe), case.host.files.label(server.exe)
    units = ", ".join(safe_text(unit.name) for unit in case.host.services.running(server.exe))
    return Diagnosis(
        cause="peer-wrong-domain",
        title=f"{case.program} may not talk to {case.shown_path}: its server runs in {case.target}",
        why=f"The server behind this socket is {program}. Its label, {carries.type if carries else 'none'}, leads "
        f"to no domain of its own, so it runs in {case.target}. Labelled {type_} it runs in {domain}, which "
        f"{case.source} may talk to.",
        root=("peer-without-domain", server.exe),
        evidence=(f"process {server.pid} listens on {case.shown_path}: {program}, {server.context}",),
        ruled_out=(
            RuledOut(
                "module", f"{case.source} would be allowed to talk to every service that has no domain of its own"
            ),
        ),
        proposals=(
            Proposal(
                "domain-transition",
                {
                    "type": type_,
                    "place": server.exe,
                    "domain": domain,
                    "steps": (
                        f"restart it afterwards: {units or 'a program keeps its domain until it is started anew'}",
                    ),
                },
            ),
        ),
        final=True,
    )


def _meant_for(case: Case, program: str) -> Tuple[str, str]:
    """The executable type the policy means for a program, and the domain to which it leads when systemd starts it.

    By the program's own path; where that has no such label, by the name under which the policy knows it elsewhere.
    """
    policy = case.source_policy
    if policy is None or not program.startswith("/"):
        return "", ""
    default, _sure = case.default_label(program, "file")
    told = [default] if names.is_program(default) else _types_by_name(case, program.rsplit("/", 1)[-1])
    found = {type_: policy.transition(names.INIT, type_) or "" for type_ in told if policy.has_type(type_)}
    return next(iter(found.items())) if len(found) == 1 else ("", "")


def _types_by_name(case: Case, name: str) -> List[str]:
    """The executable types of file contexts that name just such a program, in whatever directory."""
    labels = case.host.labels
    found: List[str] = []
    for entry in labels.rules() if labels is not None else ():
        last = entry.pattern.rsplit("/", 1)[-1]
        if entry.context is None or not names.is_program(entry.context.type):
            continue
        try:
            fits = re.fullmatch(last, name) is not None and re.fullmatch(last, _NO_PROGRAM) is None
        except re.error:  # the last slash stands within brackets
            continue
        if fits:
            found.append(entry.context.type)
    return list(dict.fromkeys(found))
