"""Scripts that stay in their caller's domain although the policy has an executable type that leads out of it."""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes.script_file import Script, script_of
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

_SCRIPT_NAME = re.compile(r"\.(sh|pl|py|cgi|rb|php|lua|bash)\Z")


PAGES = (
    Page(
        "script-type",
        "a script that should carry an executable type",
        "A service runs a script that stays in the service's own domain, where it may do little.",
        "the script has a common label, and the policy has an executable type for such scripts",
        "give the script that type, or put it where the policy expects it",
    ),
)


@cause(120, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say that a script should run in a domain of its own, or nothing."""
    if not kinds.launcher_or_service(case.source):
        return None  # what a person runs stays in the person's domain
    return _may_not_start(case) or _may_not_be_read(case) or _stays_inside(case)


def script_types(case: Case) -> List[Tuple[str, str]]:
    """(executable type, domain) the policy has for scripts this domain starts; the rule packs answer without a
    policy."""
    policy = case.source_policy
    family = words.family(case.source)
    found: List[Tuple[str, str]] = []
    if policy is not None:
        for executable, domain in sorted(policy.transitions_from(case.source).items()):
            if "script" in executable and executable.startswith(family) and domain != case.source:
                found.append((executable, domain))
    if not found and policy is not None:
        # The transition may stand behind a boolean that is off: then the type alone tells.
        named = [names.program_type(f"{family}{kind}_script") for kind in ("_sys", "_unconfined", "")]
        found = [(name, facts.domain_of_executable(name, case.source) or "") for name in named if policy.has_type(name)]
    if not found and case.service is not None:
        scripts = [place.type for place in case.service.places if place.use == "script"]
        leads = [(type_, facts.domain_of_executable(type_, case.source) or "") for type_ in scripts]
        found = [(type_, domain) for type_, domain in leads if domain and domain != case.source]
    return sorted(found, key=lambda one: (("sys" not in one[0]) and ("unconfined" not in one[0]), len(one[0])))


def _may_not_start(case: Case) -> Optional[Diagnosis]:
    """The service may not even start the script: it lies in a place of nobody's."""
    if case.tclass != "file" or not case.permissions & {"execute", "execute_no_trans"}:
        return None
    if not facts.is_generic(case.target) or not (_SCRIPT_NAME.search(case.name) or "/cgi-bin/" in case.path):
        return None
    types = script_types(case)
    if not types:
        return None
    executable, domain = types[0]
    return Diagnosis(
        cause="script-type",
        title=f"{case.program} may not run {case.object}: it is not labelled as a script of this service",
        why=f"{case.object} is {case.target}. The policy has {executable} for programs that {case.source} starts; "
        f"with it the script runs in {domain or 'a domain of its own'}.",
        root=("script", case.path or case.name),
        evidence=(f"{case.source} running {executable} leads to {domain}",) if domain else (),
        next="after execute come read, open and map, which that type covers",
        ruled_out=(
            RuledOut(
                "module", "running it inside the service's own domain would give the script all the service may do"
            ),
        ),
        proposals=tuple(Proposal("exec-type", {"type": type_, "place": case.path}) for type_, _domain in types[:2]),
    )


def _may_not_be_read(case: Case) -> Optional[Diagnosis]:
    """The interpreter may not read the script: it carries the label of some other service's content."""
    reads = case.tclass == "file" and bool(case.permissions & {"read", "open"})
    if not reads or not words.is_interpreter(case.comm) or not _SCRIPT_NAME.search(case.name):
        return None
    foreign = not (facts.is_generic(case.target) or facts.in_group(case.target, "home") or case.is_own(case.target))
    plain = facts.role("program")
    if not foreign or kinds.is_container_domain(case.source) or case.allows(plain, {"read", "execute"}) is False:
        return None
    types = [type_ for type_, _domain in script_types(case)[:1]] + [plain]
    return Diagnosis(
        cause="script-type",
        title=f"{case.program} may not read {case.object}: the script carries the label of other content",
        why=f"{case.object} is {case.target}, which {case.source} has no use for; it got the label of the directory it "
        "lies in, or came from. A script that a service runs needs a label for programs.",
        root=("script", case.path or case.name),
        evidence=(f"{case.program} is the interpreter, {case.shown_name} the script",),
        next="after read come open, ioctl and what the script itself does",
        ruled_out=(RuledOut("module", f"{case.source} could then read everything that is {case.target}"),),
        proposals=(
            *(Proposal("exec-type", {"type": type_, "place": case.path, "itself": True}) for type_ in types),
            Proposal(
                "move", {"to": "/usr/local/bin", "steps": (f"or keep it in /usr/local/bin, where files get {plain}",)}
            ),
        ),
    )


def _stays_inside(case: Case) -> Optional[Diagnosis]:
    """The script was started but kept the service's domain, and what it calls is denied there."""
    script = script_of(case)
    if script is None or not script.interpreted:
        return None
    types = script_types(case)
    if not types:
        return None
    if not (names.is_program(case.target) or not case.is_own(case.target)):
        return None
    executable, domain = types[0]
    return Diagnosis(
        cause="wrong-domain",
        title=f"{script.name} stays in {case.source}, which may not {words.verb(case.tclass, case.permissions)} "
        f"{case.object}",
        why=f"{case.source} may run {script.name} without leaving its domain, so the script and all it calls are "
        f"judged as {case.source}. The policy has {executable} for such scripts; it leads to "
        f"{domain or 'a domain of their own'}.",
        root=("script", script.path or case.source),
        evidence=_evidence(script, case),
        next=words.next_step(case.tclass, case.permissions),
        proposals=(
            Proposal("exec-type", {"type": executable, "place": script.path}),
            Proposal("module", {}),
        ),
    )


def _evidence(script: Script, case: Case) -> Tuple[str, ...]:
    seen = [f"the script: {script.path or script.name} ({script.how})"]
    if script.path:
        label, sure = case.default_label(script.path, "file")
        if label:
            seen.append(f"default label of that path: {label}" + ("" if sure else " (by our own table)"))
    return tuple(seen)
