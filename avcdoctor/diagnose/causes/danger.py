"""Danger first: accesses that attackers want, where the right answer is to keep the denial and look closer."""

from __future__ import annotations

from typing import Optional

from avcdoctor.access.operations import CHANGES, PLANTS
from avcdoctor.diagnose import kinds, protection
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.knowledge.domains import domain_for, in_family
from avcdoctor.model import Proposal

PAGES = (
    Page(
        "danger",
        "this is what SELinux is for",
        "A program reaches for secrets, for the kernel or for the policy itself, and has no business there.",
        "the object is protected and the domain is none that uses it",
        "keep the denial; find out why the program tried",
    ),
)


@cause(50, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Name an access that no service should have, or nothing."""
    for check in (
        *(_protected, _intruder_tool, _own_log_reading, _setuid_drop, _user_runs_tmp, _foreign_home),
        *(_serves_root_home, _plants),
    ):
        found = check(case)
        if found:
            return found
    return _memory_protection(case) or _policy_tampering(case) or _wrong_entry(case)


def _keep(case: Case, title: str, why: str, *steps: str) -> Diagnosis:
    told = protection.filled(steps or protection.closer(None), (case.group,))
    return Diagnosis(
        cause="danger",
        title=title,
        why=why,
        root=("danger", case.source, case.target),
        proposals=(Proposal("keep-denied", {"steps": told}),),
        never=("an allow rule or a boolean here would open what SELinux is there to close",),
        final=True,
    )


def _protected(case: Case) -> Optional[Diagnosis]:
    """A program reaches for what no remedy may open to it: secrets, disks, the policy, what the system runs."""
    if not case.is_file:
        return None
    judgement = protection.judge(case.host, case.group)
    identity = judgement.identity
    if judgement.may != protection.SEALED or identity is None:
        return None
    what = identity.shown or case.target
    return _keep(
        case,
        f"{case.program} was stopped at {what}",
        protection.reason(identity, case.source),
        *protection.closer(identity),
    )


def _intruder_tool(case: Case) -> Optional[Diagnosis]:
    """A shell tool inside a network service looks around in places that are not the service's."""
    if not case.is_file:
        return None
    if kinds.is_web_service(case.source) and case.target_is("changer_program"):
        return _keep(
            case,
            f"a web service tried to run {case.shown_path or case.target}",
            f"{case.source} answers strangers; with {case.target} whoever breaks into it could try to become root.",
        )
    if case.comm not in facts.programs("intruder") or not kinds.is_network_service(case.source):
        return None
    homes = case.target_is("home_content") and not kinds.serves_homes(case.source)
    if not (homes or case.target_is("intruder_goal")) or "execute" in case.permissions:
        return None
    return _keep(
        case,
        f"{case.comm}, started by a network service, was stopped at {case.shown_path or case.target}",
        f"The service's domain {case.source} runs {case.comm} to look at {case.target}. A network service has no "
        "reason to; a command that somebody slipped in has.",
    )


def _own_log_reading(case: Case) -> Optional[Diagnosis]:
    """A web server that may only append to its logs is made to read or list them."""
    if not case.target_is("use_log") or not case.is_own(case.target) or case.tclass not in ("dir", "file"):
        return None
    if not kinds.is_web_service(case.source) or not case.permissions <= {"read", "open", "getattr", "ioctl"}:
        return None
    if case.local and case.allows(case.target, {"read"}):
        return None
    return _keep(
        case,
        f"{case.program} was stopped reading its own logs",
        f"The policy lets {case.source} write its logs, not read them: a flaw in a web application that shows files "
        "is used to read logs, or to run what was put into them.",
    )


def _setuid_drop(case: Case) -> Optional[Diagnosis]:
    """su or sudo writes a file into a temporary directory: a classic way to leave a root shell behind."""
    if not case.source_is("changer") or not case.target_is("temporary"):
        return None
    if not case.permissions & CHANGES:
        return None
    return _keep(
        case,
        f"{case.program} tried to leave a file in a temporary directory",
        f"{case.source} is entered to change the user, not to write files. A su or sudo that writes into /tmp has "
        "been taken over, usually to drop a set-uid shell.",
        "treat the machine as broken into: isolate it, keep memory and disk, keep SELinux enforcing",
        "look for set-uid files that no package owns: `find / -perm -4000`",
    )


def _user_runs_tmp(case: Case) -> Optional[Diagnosis]:
    """A confined login user runs a program from a temporary directory."""
    if not kinds.is_confined_user(case.source) or "execute" not in case.permissions or not case.target_is("temporary"):
        return None
    return _keep(
        case,
        f"a confined user was stopped running {case.shown_path or 'a file'} from a temporary directory",
        f"{case.source} may not run programs that users put into temporary directories; that is where downloaded "
        "exploits are started.",
        "keep the denial; look at the file and at who put it there",
        "a program the user really needs belongs into /usr/local/bin",
    )


def _foreign_home(case: Case) -> Optional[Diagnosis]:
    """A confined login user's process reads root's home."""
    if not kinds.is_confined_user(case.source) or not case.target_is("root_home"):
        return None
    return _keep(
        case,
        f"a confined user's {case.program} was stopped at root's home",
        f"The process runs as {case.source}: becoming root by su or sudo changed the user, not the SELinux role, so "
        "root's files stay closed. That is how confined users are meant to work.",
        "keep the denial; for administration use a role that may: `sudo -r sysadm_r -t "
        f"{domain_for('administrator')} ...` for a user "
        "mapped to staff_u, or map the administrator to another SELinux user",
    )


def _serves_root_home(case: Case) -> Optional[Diagnosis]:
    """A file server was told to hand out root's home."""
    server = case.source_is("shares")
    there = case.path == "/root" or case.path.startswith("/root/") or (case.tclass == "dir" and case.name == "root")
    if not server or not case.target_is("root_home") or not there:
        return None
    return _keep(
        case,
        f"{case.program} was to share root's home",
        f"{case.shown_path or case.name} is in root's home, where keys and settings lie with which the whole machine "
        "can be taken. No option opens it to file servers but those that open everything.",
        "keep the denial; take root's home out of the share's configuration",
        "put what people need into a directory of its own, and share that",
    )


def _plants(case: Case) -> Optional[Diagnosis]:
    """A network service leaves something behind that the system will run later: a cron job or a unit."""
    if not case.is_file or not kinds.is_network_service(case.source) or case.is_own(case.target):
        return None
    if not case.permissions & PLANTS or not (case.target_is("run_later") or case.target_is("unit")):
        return None
    return _keep(
        case,
        f"{case.program} was stopped leaving {case.shown_path or case.target} behind",
        f"{case.target} is what cron or systemd will run later, as another user. {case.source} has no reason to change "
        "it; whoever breaks into a service does so to stay.",
    )


def _memory_protection(case: Case) -> Optional[Diagnosis]:
    if case.tclass == "memprotect" or (case.tclass == "process" and "execheap" in case.permissions):
        what = "map page zero" if case.tclass == "memprotect" else "make its heap executable"
        return _keep(
            case,
            f"{case.program} tried to {what}",
            f"Hardly any sound program needs to {what}; exploits do. It is a fault of the program, or an attack.",
            "keep the denial; update the program and report it to its makers",
        )
    return None


def _policy_tampering(case: Case) -> Optional[Diagnosis]:
    wanted = {"load_policy", "setenforce", "setbool", "setsecparam"}
    kernel = {"sys_module", "sys_rawio", "sys_boot"} & case.permissions if case.tclass == "capability" else set()
    if kernel and kinds.is_network_service(case.source):
        return _keep(
            case,
            f"{case.program} asked for power over the kernel: {', '.join(sorted(kernel))}",
            f"{case.source} answers strangers and never needs to load kernel code or reach hardware. Some libraries "
            "ask for sys_module by looking at network interfaces; then nothing is broken by the refusal.",
        )
    loads_module = (
        case.tclass == "system" and "module_load" in case.permissions and kinds.is_network_service(case.source)
    )
    if not (case.tclass == "security" and case.permissions & wanted) and not loads_module:
        return None
    return _keep(
        case,
        f"{case.program} tried to change how this machine is protected",
        f"{case.source} asked for {{ {' '.join(sorted(case.permissions))} }} on {case.target}. Only administration "
        "tools may change the policy or load kernel code.",
    )


def _wrong_entry(case: Case) -> Optional[Diagnosis]:
    """runcon, or a container's label option, asks for a domain that this program must not enter."""
    if case.comm == "runcon" and case.permissions & {"entrypoint", "transition"}:
        policy = case.policy
        right = policy.transitions_into(case.target) if policy and case.tclass == "file" else {}
        hint = sorted(set(right.values()))
        return _keep(
            case,
            f"runcon tried to start {case.object} in {case.source}",
            "A domain can be entered only through the programs the policy names for it. runcon asked for another "
            "combination; the barrier is there so that nobody can pick a stronger domain for a program.",
            "keep the denial; start the program without runcon"
            + (f", so that it enters {hint[0]} by itself" if hint else ", so that it enters its own domain"),
        )
    runtime = case.source_is("runtime") and case.tclass == "process"
    foreign = in_family(case.target, "machine") and not kinds.is_container_domain(case.target)
    if runtime and foreign and "transition" in case.permissions:
        return _keep(
            case,
            f"a container was asked to run as {case.target}, which is no container domain",
            f"{case.target} is made for virtual machines. Container programs may only enter container domains, "
            "whatever label option was given.",
            f"keep the denial; use `--security-opt label=type:{domain_for('any-container')}` or another container "
            "domain (`seinfo -a container_domain -x`)",
        )
    return None
