"""Remedy `exec-type`: give a program the executable type that leads it into a domain where it may do its work."""

from __future__ import annotations

from typing import Optional, Tuple

from avcdoctor.access.operations import needs
from avcdoctor.access.whole import is_start
from avcdoctor.actions import make
from avcdoctor.diagnose.protection import is_unconfined
from avcdoctor.host import Answer, Policy, Question
from avcdoctor.model import Group, Remedy
from avcdoctor.remedies.build import remedy
from avcdoctor.remedies.relabel import where
from avcdoctor.remedies.site import Simulated, Site

_START = needs("file", "start")


def build(site: Site) -> Remedy:
    """Label the program by a lasting rule; chcon is named as a trial."""
    type_, place = site.text("type"), site.text("place")
    outcome, domain = entered(site, type_)
    if site.proposal.parameters.get("of_caller"):
        outcome, domain = site.unchecked("the log does not say in which domain the program is to be started"), ""
    grants: Tuple[str, ...] = ()
    if domain:
        entering = site.policy(site.first, domain)
        free = entering is not None and is_unconfined(site.host, domain)
        grants = (f"the program then runs in {domain}" + (", which is not confined" if free else ""),)
    notes: Tuple[str, ...] = (f"a trial: `chcon -t {type_} FILE` lasts only until the next relabel",)
    title = f"label the program {type_}"
    policy = site.policy(site.first, type_)
    needed = switches(policy, site.first.source, type_) if policy is not None else ()
    turn = make.booleans(needed)
    if needed:
        notes = (f"{needed[0][0]} has to be {'on' if needed[0][1] else 'off'} as well, and is not", *notes)
    if place.startswith("/"):
        done = turn + make.fcontext(place, False, type_)
        return remedy(site, title, outcome, done, grants=grants, notes=notes)
    texts = (f"semanage fcontext -a -f f -t {type_} PATH", "restorecon -v PATH", *where(site))
    steps = turn + make.manual(*texts)
    return remedy(site, title, outcome, steps, applicability="manual", grants=grants, notes=notes)


def entered(site: Site, type_: str) -> Tuple[Simulated, str]:
    """Where an executable type leads the finding's source, and what is allowed there.

    Returns:
        The outcome, and the domain that is entered; empty when the program stays where it is.
    """
    source = site.first.source
    policy = site.policy(site.first, type_)
    if policy is None:
        return site.unchecked(f"no policy at hand knows both {source} and {type_}"), ""
    options = dict(switches(policy, source, type_))
    domain = policy.transition(source, type_, booleans=options) or ""
    if not domain:
        return _runs_in_place(site, policy, type_), ""
    start = (
        _may(policy, Question(source, type_, "file", _START, booleans=options))
        and _may(policy, Question(source, domain, "process", frozenset({"transition"}), booleans=options))
        and _may(policy, Question(domain, type_, "file", frozenset({"entrypoint"}), booleans=options))
    )

    def passes(one: Group) -> Optional[bool]:
        if not start:
            return False
        if is_start(one) or _of_program(site, one):
            return True
        return site.may(one, domain if one.target == one.source else one.target, domain)

    enters = f"{source} running {type_} enters {domain}, which may"
    return site.simulate(passes, f"{enters} do this", against=f"{enters} not do this either"), domain


def _may(policy: Policy, question: Question) -> bool:
    """Whether type rules grant it; a program's label is asked about before anybody carries it."""
    return Answer(question, policy).by_types is True


def switches(policy: Policy, source: str, type_: str) -> Tuple[Tuple[str, bool], ...]:
    """The booleans without which a domain may not start programs of a type."""
    answer = Answer(Question(source, type_, "file", _START), policy)
    sets = () if answer.by_types else answer.booleans
    return min(
        sets, key=lambda one: (len(one), sum(policy.boolean_opens(name, source) for name, _on in one)), default=()
    )


def _runs_in_place(site: Site, policy: Policy, type_: str) -> Simulated:
    source = site.first.source
    may = _may(policy, Question(source, type_, "file", _START))
    said = f"{source} {'may' if may else 'may not'} run {type_}"
    return site.simulate(lambda one: may and (is_start(one) or _of_program(site, one)), said)


def _of_program(site: Site, group: Group) -> bool:
    """Whether the denial is about the program's own file, which an interpreter reads."""
    itself = bool(site.proposal.parameters.get("itself"))
    return itself and group.tclass == "file" and frozenset(group.permissions) <= _START | {"ioctl"}
