"""Turns the rule packs' rules into diagnoses of the groups they match."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Match, Optional

from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import wrong_label
from avcdoctor.diagnose.causes.script_file import script_of
from avcdoctor.diagnose.places import basename_default, is_system_directory
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import rule_matches
from avcdoctor.knowledge.schema import Rule
from avcdoctor.model import Proposal, RuledOut, safe_text

_ABOUT_PLACES = frozenset({"unknown-place", "content-read-only"})
_YIELDING = frozenset({"fcontext", "boolean", "move", "module", "policy-update"})
_FINAL_KINDS = frozenset({"keep-denied", "dac", "constraint"})


PAGES = (
    Page(
        "attack",
        "what an attacker would do",
        "The access is one that the service never needs and that people who break in try.",
        "a rule about the service names the access as such",
        "keep the denial, and look at what the process did",
    ),
    Page(
        "confined-user",
        "a confined user's limits",
        "The login is mapped to a confined SELinux user, whose programs may do less than the user's rights suggest.",
        "the source is a user's domain, and a rule about it knows the access",
        "work as the policy means such users to, or map the login to another SELinux user",
    ),
    Page(
        "container-control",
        "a container reaches for its runtime",
        "A container wants to steer the engine or the host that runs it.",
        "the source is a container's domain, the target belongs to the runtime or the host",
        "keep it closed, or give that one container a domain made for it",
    ),
    Page(
        "container-label",
        "a volume carries the host's label",
        "What is mounted into the container has a label that no container may use.",
        "the source is a container's domain, the target a type of the host",
        "mount with :z or :Z, or give the directory container_file_t by a lasting rule",
    ),
    Page(
        "known-case",
        "a case that a rule knows",
        "A rule pack describes just this; its words are the explanation.",
        "the rule's conditions, which `avcdoctor rules show ID` prints",
        "what the rule proposes, checked against the policy like everything else",
    ),
    Page(
        "package-policy",
        "the policy comes with the service's package",
        "The service's makers ship the rules in a package of their own, which is missing or old.",
        "a rule about the service says so",
        "install or update that package",
    ),
    Page(
        "shared-content",
        "content that several services use",
        "Two services use the same files, and each has a type of its own.",
        "one service is denied another one's content",
        "public_content_t, or the boolean that lets one read the other's",
    ),
    Page(
        "started-by-hand",
        "started by hand, not by systemd",
        "The program was started from a shell, so that it runs in, or left files of, another domain.",
        "a user's domain or label where the service's own belongs",
        "start it with systemctl, and restore the labels it left",
    ),
    Page(
        "untyped-port",
        "a port that belongs to no service",
        "The service uses a port to which no type was given.",
        "a rule about the service, and a port of an unreserved type",
        "give the port the service's type",
    ),
    Page(
        "wrong-place",
        "a file in the wrong place",
        "The service looks in a place that is not meant for it; the policy has one that is.",
        "a rule about the service names the place",
        "move the file, and change the configuration",
    ),
)


@cause(60, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """The first rule that matches the group, or nothing."""
    for rule in case.knowledge.rules_for(case.source):
        if rule_matches(rule, case.group, case.known_attribute):
            if rule.cause in _ABOUT_PLACES and is_system_directory(case):
                return None
            if rule.cause in _ABOUT_PLACES and isinstance(wrong_label.diagnose(case), Diagnosis):
                return None  # the path's own default label is proof, a rule about places only experience
            if rule.remedies and rule.remedies[0].kind in _YIELDING and _moved_there(case):
                return None
            return _diagnosis(rule, case)
    return None


def _moved_there(case: Case) -> bool:
    """Whether a file lies where the policy has a label for it and carries one of another place: a move, and no more."""
    if not case.path or not case.target_is("home") or wrong_label.in_home(case.path):
        return False
    return isinstance(wrong_label.diagnose(case), Diagnosis)


def _diagnosis(rule: Rule, case: Case) -> Diagnosis:
    values = dict(case.sentence_values())
    script = script_of(case) if _names_script(rule) else None
    values["script"] = safe_text(script.path or script.name) if script else case.program
    label = _script_label(case, script.path) if script else ""
    values["script_type"] = label or "a type it may execute in place"
    place = script.path if script else _object_place(rule, case)
    proposals = [_proposal(case, remedy.kind, remedy.parameters, values, place) for remedy in rule.remedies]
    evidence: List[str] = []
    ruled_out: List[RuledOut] = []
    if script is not None:
        evidence.append(f"the script: {values['script']} ({script.how})")
        if label:
            ruled_out.append(RuledOut("restorecon", f"{label} is the default of {values['script']}"))
        if script.through_interpreter:
            ruled_out.append(
                RuledOut(
                    "exec-type",
                    "the configuration runs it as an argument of a shell, so its label has no effect; name the "
                    "script itself in the configuration first",
                )
            )
            proposals = [one for one in proposals if one.kind not in ("exec-type", "move")]
    root_tail = (script.path or script.name) if script else case.target
    return Diagnosis(
        cause=rule.cause,
        rule=rule.id,
        title=fill(rule.title, values),
        why=fill(rule.because, values),
        root=("rule", rule.id, case.source, root_tail),
        next=fill(rule.next, values),
        evidence=tuple(evidence),
        ruled_out=tuple(ruled_out),
        proposals=tuple(proposals),
        warnings=tuple(fill(one, values) for one in rule.warnings),
        never=tuple(fill(one, values) for one in rule.never),
        see=rule.see,
        final=bool(rule.remedies) and rule.remedies[0].kind in _FINAL_KINDS,
    )


def _object_place(rule: Rule, case: Case) -> str:
    """The denied object's path, or nothing where the rule is about the script that touched the object."""
    started = case.tclass == "file" and bool({"execute", "execute_no_trans"} & case.permissions)
    return case.path if started or not _names_script(rule) else ""


def _names_script(rule: Rule) -> bool:
    texts = (rule.title, rule.because, *rule.warnings)
    return any("{script" in text for text in texts)


def _script_label(case: Case, path: str) -> str:
    return case.default_label(path, "file")[0] if path else ""


def _proposal(
    case: Case, kind: str, parameters: Mapping[str, object], values: Mapping[str, str], place: str
) -> Proposal:
    filled: Dict[str, object] = {}
    for name, value in parameters.items():
        if isinstance(value, str):
            filled[name] = fill(value, values)
        elif isinstance(value, tuple):
            filled[name] = tuple(fill(str(one), values) for one in value)
        else:
            filled[name] = value
    if kind == "restorecon" and "place" in filled:
        filled["tree"] = filled.pop("place")  # where the service's things are, for when the log has no path
    if kind in ("exec-type", "restorecon", "fcontext", "move"):
        filled.setdefault("place", place)
    if kind == "restorecon" and not place:
        found = basename_default(case) or ("", "")
        filled.setdefault("type", found[0])
        filled["place"] = found[1] if found[1].startswith("/") else ""
    elif kind == "restorecon":
        filled.setdefault("type", case.default_label(place)[0])
    return Proposal.of_rule(kind, filled)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put a case's words into a rule's sentence; other braces stay as they are.

    What stands between backticks is a command: there the words are quoted as a shell needs them.
    """
    parts = text.split("`")
    return "`".join(_put(part, values, number % 2 == 1) for number, part in enumerate(parts))


def _put(text: str, values: Mapping[str, str], command: bool) -> str:
    def value(match: Match[str]) -> str:
        found = values.get(match.group(1))
        if found is None:
            return match.group()
        return words.typed(found) if command else found

    return re.sub(r"\{([a-z_]+)\}", value, text)
