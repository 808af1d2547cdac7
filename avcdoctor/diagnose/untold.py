"""What only a sentence tells: the contexts that the policy lets one expect, and what the denial would be with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Iterator, NamedTuple, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.diagnose.case import MODES, Case, Diagnosis, is_usable
from avcdoctor.diagnose.label import label_for
from avcdoctor.host import Host
from avcdoctor.knowledge import Knowledge
from avcdoctor.model import NOT_TOLD, Context, Denial, Group, Proposal, safe_text

_ALLOWED = "already-allowed"

_PROGRAMS = ("/usr/sbin", "/usr/bin", "/usr/libexec", "/usr/lib/systemd", "/sbin", "/bin")
_REGULAR = 0o100000  # S_IFREG: a program is a file
_RULES = frozenset({"module", "dontaudit"})
"""Remedies that write rules for both types: not for types that nobody has seen."""
_OWN_MEMORY = frozenset({"execmem", "execstack", "execheap"})
"""Permissions of class process that are asked for one's own memory."""


Ask = Callable[[Case], Diagnosis]


class Guess(NamedTuple):
    """A group with the types that no record has, as the policy lets one expect them.

    Args:
        group: its `inferred` says which of source and target they are.
        why: what each of them was told by.
        meant: the target is the type that the policy means the path to have, which the object need not carry.
    """

    group: Group
    why: Tuple[str, ...] = ()
    meant: bool = False


def diagnose(group: Group, host: Host, knowledge: Knowledge, ask: Ask) -> Tuple[Group, Diagnosis]:
    """Explain a group of which no record tells the contexts.

    Args:
        group: it has no source or no target.
        host: whose policy is asked.
        knowledge: the rule packs.
        ask: finds the cause of a group.

    Returns:
        The group as it was explained, and what is known: never more than the policy lets one expect.
    """
    known = ask(Case(group, host, knowledge))
    guess = guessed(host, group)
    shown = _without_meant(guess.group) if guess.meant else guess.group
    evidence = (*known.evidence, *(f"inferred, not logged: {text}" for text in guess.why))
    lead = ask(Case(guess.group, host, knowledge)) if guess.group.told else None
    known = replace(known, evidence=evidence, why=f"{known.why} {_expected(guess, shown, lead)}")
    return shown, _with_candidates(known, guess, lead) if lead is not None else known


def _without_meant(group: Group) -> Group:
    """The group without a target that the object need not have: it may be denied for that very reason."""
    return replace(group, target="", inferred=tuple(name for name in group.inferred if name != "target"))


def guessed(host: Host, group: Group) -> Guess:
    """The group with the types that the policy tells by its program, port or path."""
    denial = group.examples[0]
    source, by = (group.source, "") if group.source else _source(host, denial)
    target, why, meant = (group.target, "", False) if group.target else _target(host, denial, source)
    filled = tuple(_with_contexts(one, source, target) for one in group.examples)
    inferred = tuple(
        name
        for name, before, now in (("source", group.source, source), ("target", group.target, target))
        if now and not before
    )
    told = replace(group, source=source, target=target, examples=filled, inferred=inferred)
    return Guess(told, tuple(text for text in (by, why) if text), meant)


def _with_contexts(denial: Denial, source: str, target: str) -> Denial:
    """A denial with contexts that have a type only, where it has none."""
    return replace(denial, source=_context(denial.source, source), target=_context(denial.target, target))


def _context(told: Context, type_: str) -> Context:
    return told if told.told or not type_ else NOT_TOLD.with_type(type_)


def _source(host: Host, denial: Denial) -> Tuple[str, str]:
    """The domain that a program runs in when init or its only other starter runs it, and how that is told."""
    for path in _paths(denial):
        type_ = label_for(host, path, _REGULAR).type
        policy = host.policy_with(type_, tclass="process") if names.is_program(type_) else None
        if policy is None:
            continue
        domains = sorted(policy.domains_through(type_))
        domain = policy.transition(names.INIT, type_) or (domains[0] if len(domains) == 1 else "")
        if domain:
            return domain, f"{safe_text(path)} is {type_} by the file contexts, and who runs that comes into {domain}"
    return "", ""


def _paths(denial: Denial) -> Iterator[str]:
    """Where the program lies: as it was told, else where programs of its name do."""
    if denial.exe:
        yield denial.exe
    elif denial.comm and "/" not in denial.comm:
        yield from (f"{folder}/{denial.comm}" for folder in _PROGRAMS)


def _target(host: Host, denial: Denial, source: str) -> Tuple[str, str, bool]:
    """The target's type, how it is told, and whether it is only what the policy means."""
    if names.is_capability(denial.tclass) or (denial.tclass == "process" and set(denial.permissions) <= _OWN_MEMORY):
        return source, "", False
    if denial.port is not None:
        policy = host.policy_with(source) if source else host.policy
        entries = policy.port_types(denial.protocol, denial.port) if policy is not None else ()
        told = f"{denial.protocol} port {denial.port} is {entries[0][0]} in {policy.name}" if entries and policy else ""
        return (entries[0][0], told, False) if entries else ("", "", False)
    if denial.tclass in MODES and is_usable(denial.raw_path):
        type_ = label_for(host, denial.raw_path, MODES[denial.tclass]).type
        return type_, f"{denial.path} is to be {type_} by the file contexts" if type_ else "", True
    return "", "", False


def _expected(guess: Guess, shown: Group, lead: Optional[Diagnosis]) -> str:
    """What it would be if the record confirmed what the policy lets one expect."""
    if not guess.why:
        return "The policy at hand does not tell them either: the record is needed."
    types = " and ".join(f"the {name} {getattr(shown, name)}" for name in shown.inferred)
    told = f"The policy lets one expect {types}; no record was seen that says so. " if types else ""
    if lead is None:
        return f"{told}The {'target' if shown.source else 'source'} is not known: the record is needed."
    meant = guess.group.target
    if guess.meant and lead.cause == _ALLOWED:
        return f"{told}{shown.source} may do this to {meant}, so the object most likely carries another label."
    confirmed = f"If it has the label that the policy means it to have, {meant}" if guess.meant else "If that is so"
    return f"{told}{confirmed}: {lead.why}"


def _with_candidates(known: Diagnosis, guess: Guess, lead: Diagnosis) -> Diagnosis:
    """What is known, with the remedies that come into question when the record has come."""
    if guess.meant and lead.cause == _ALLOWED:
        return replace(known, proposals=(Proposal("restorecon", {"type": guess.group.target, "place": ""}),))
    return replace(
        known,
        root=(known.cause, *(lead.root or known.root[1:])),
        evidence=(*known.evidence, *(f"if so: {text}" for text in lead.evidence)),
        next=lead.next,
        proposals=tuple(one for one in lead.proposals if one.kind not in _RULES),
        ruled_out=lead.ruled_out,
        never=lead.never,
        warnings=(*known.warnings, *lead.warnings),
        see=lead.see,
        rule=lead.rule,
    )
