"""One closed loop: provoke, explain, fix, provoke, undo, provoke; judged by AVC tuples and exit codes."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Dict, FrozenSet, List, Optional, Set, Tuple

from lab.apply import Applied, fix, undo
from lab.case import Case
from lab.difference import difference, missing, unpromised
from lab.guest import Guest
from lab.kinds import KINDS
from lab.paths import LabError

Access = Tuple[str, str, str, str]  # source type, target type, class, permission
LOG = "/var/log/audit/audit.log"
PART = "/root/case.log"
LEAVES = "not in it: "  # how a remedy's note begins that says what it leaves denied
NOWHERE = "lab-no-policy-names-this"
POLICY = "/sys/fs/selinux/policy"
DENIED = re.compile(
    r"avc:\s+denied\s+\{ ([^}]+) \}.*?scontext=[^:\s]+:[^:\s]+:([^:\s]+)\S*"
    r"\s+tcontext=[^:\s]+:[^:\s]+:([^:\s]+)\S*\s+tclass=(\S+)"
)


@dataclass(frozen=True)
class Try:
    """One provocation: its exit code, what was denied meanwhile, and the records."""

    code: int
    denied: FrozenSet[Access]
    output: str = ""
    records: str = ""


@dataclass
class Outcome:
    """Everything that was seen in one loop; `faults` says in words what did not go as it should."""

    case: Case
    guest: str  # the kind of guest, as in lab.kinds
    audit_rule: bool
    alternative: Optional[int] = None  # index of the remedy that was forced; None: what is ranked first
    first: str = ""  # the remedy kind ranked first
    offered: Tuple[Tuple[str, str], ...] = ()  # (kind, applicability) of every remedy in the report
    applied: str = ""  # the kind and title of the remedy that was applied
    means: str = ""  # the kind, said more closely where a kind has several ways
    verdict: str = ""  # what the simulation said of it
    before: Optional[Try] = None
    after: Optional[Try] = None
    undone: Optional[Try] = None
    grants: Tuple[str, ...] = ()
    further: Tuple[str, ...] = ()  # what was applied after it, for the denials that followed
    added: Optional[int] = None  # allow rules (one for each permission) that the remedy brought into force
    agreed: Optional[bool] = None  # the simulation's verdict against what the kernel did
    seconds: float = 0
    faults: List[str] = field(default_factory=list)
    commit: str = ""  # of the project that was run
    absent: Tuple[str, ...] = ()  # what the case is about and the guest's policy does not have: nothing was tried

    @property
    def passed(self) -> bool:
        """Whether the loop closed."""
        return not self.faults and not self.absent


def accesses(records: str) -> FrozenSet[Access]:
    """The denied accesses in raw audit records, read independently of avcdoctor."""
    found: Set[Access] = set()
    for permissions, source, target, tclass in DENIED.findall(records):
        found.update((source, target, tclass.strip("'"), permission) for permission in permissions.split())
    return frozenset(found)


def provoke(guest: Guest, script: str, seconds: float = 120) -> Try:
    """Run a provocation and collect the records written meanwhile (the end is marked by a message of our own)."""
    mark = f"lab-{time.monotonic_ns()}"
    size = int(guest.run(f"stat -c %s {LOG}").output.strip() or 0)
    done = guest.patiently(script, seconds)
    wait = f"auditctl -m {mark}; n=0; until grep -q {mark} {LOG} || [ $n -gt 50 ]; do sleep 0.1; n=$((n+1)); done"
    guest.run(f"{wait}; tail -c +{size + 1} {LOG} | grep -v {mark} > {PART}")
    records = guest.run(f"cat {PART}").output
    return Try(done.code, accesses(records), done.output, records)


def attempt(guest: Guest, case: Case) -> Try:
    """Provoke a case once; where the denial is harmless, a program that works has failed while it is logged."""
    found = provoke(guest, case.provoke)
    if case.harmless and found.code == 0 and _has(found, case):
        return replace(found, code=1)
    return found


def explain(guest: Guest) -> Dict[str, Any]:
    """avcdoctor's own report on the records of the last provocation.

    Raises:
        LabError: it printed no JSON.
    """
    done = guest.run(f"avcdoctor explain --exit-zero --format json -o /root/report.json {PART}", 180)
    text = guest.run("cat /root/report.json").output
    try:
        found: Dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise LabError(f"explain made no report ({done.code}): {done.output[-400:]}") from error
    return found


def incident_of(report: Dict[str, Any], case: Case) -> Optional[Dict[str, Any]]:
    """The incident that holds the denial the case is about."""
    for incident in report["incidents"]:
        if any((group["source"], group["target"], group["tclass"]) == case.denied for group in incident["groups"]):
            found: Dict[str, Any] = incident
            return found
    return None


def means(remedy: Dict[str, Any]) -> str:
    """The remedy's kind, with the way it takes where there are several: a new port or a taken one, and the like."""
    done = {action["do"] for action in remedy["actions"]}
    text = " ".join(str(action.get("parameters", {}).get("cil", "")) for action in remedy["actions"])
    if "fcontext-equal-add" in done:
        return "equivalence"
    if done & {"port-add", "port-modify"}:
        return "port -m" if "port-modify" in done else "port -a"
    kind = str(remedy["kind"])
    return "module (ioctl)" if kind == "module" and "(allowx " in text else kind


def run_loop(guest: Guest, outcome: Outcome) -> None:
    """Go through one loop in a woken guest; with an audit rule events carry PATH and CWD records, without often only a
    name and an inode.

    Args:
        guest: fresh from its snapshot.
        outcome: says which case, with an audit rule or without, and which remedy; what happens is written into it.

    Raises:
        LabError: the guest does not answer; never for a denial that stays.
    """
    case = outcome.case
    outcome.absent = missing(guest.get(POLICY), case.denied) + unknown_place(guest, case)
    if outcome.absent:
        return
    if outcome.audit_rule:
        guest.run("auditctl -w /etc/shadow -p wa -k lab")
    if case.setup:
        done = guest.patiently(f"set -e\n{case.setup}", 180)
        if done.code:
            outcome.faults.append(f"the set-up failed ({done.code}): {done.output.strip()[-300:]}")
            return
    outcome.before = attempt(guest, case)
    if KINDS[outcome.guest].store == "":
        outcome.case = case = as_named_here(case, outcome.before.denied)
    if outcome.before.code == 0 or not _has(outcome.before, case):
        seen = ", ".join(sorted(" ".join(access) for access in outcome.before.denied)) or "nothing"
        said = outcome.before.output.strip()[-200:]
        outcome.faults.append(f"not denied as meant (exit {outcome.before.code}; denied: {seen}; said: {said})")
        return
    _cure(guest, outcome)


def unknown_place(guest: Guest, case: Case) -> Tuple[str, ...]:
    """The case's place, where the policy labels it as it does anything else below its first directory."""
    if not case.place:
        return ()
    top = PurePosixPath(*PurePosixPath(case.place).parts[:2])
    labels = guest.run(f"matchpathcon -n '{case.place}' '{top / NOWHERE}'").output.split()
    return (case.place,) if len(set(labels)) < 2 else ()


def as_named_here(case: Case, denied: FrozenSet[Access]) -> Case:
    """A case for a policy that is handed over: it may give the object another type, or stop the service a step later.

    Args:
        case: as it was written, for the project's own guests.
        denied: what was denied in this one.

    Returns:
        The case with the object as it is here, told by source and class, else by the source alone where that was denied
        one thing only; unchanged where the denial is there, or is not clear.
    """
    source, _, tclass = case.denied
    mine = {access[:3] for access in denied if access[0] == source}
    seen = {access for access in mine if access[2] == tclass} or mine
    return replace(case, denied=seen.pop()) if len(seen) == 1 else case


def _cure(guest: Guest, outcome: Outcome) -> None:
    case = outcome.case
    incident = incident_of(explain(guest), case)
    if incident is None:
        outcome.faults.append("explain's report has no incident with this denial")
        return
    remedies = incident["remedies"]
    outcome.first = remedies[0]["kind"] if remedies else "none"
    outcome.offered = tuple((remedy["kind"], remedy["applicability"]) for remedy in remedies)
    chosen = outcome.alternative
    if chosen is None:
        chosen = _ranked(outcome, remedies)
    if chosen is None:
        return
    remedy = remedies[chosen]
    outcome.applied, outcome.verdict = f"{remedy['kind']}: {remedy['title']}", remedy["simulation"]["after"]
    outcome.grants, outcome.means = tuple(remedy["grants"]), means(remedy)
    if case.says and not re.search(case.says, json.dumps(remedy)):
        outcome.faults.append(f"the remedy does not say {case.says}")
    if case.apply or case.settle:
        _close(guest, outcome, incident, chosen)


def _ranked(outcome: Outcome, remedies: List[Dict[str, Any]]) -> Optional[int]:
    """The index of the remedy to apply, with a fault where the ranking is not what the case expects."""
    case = outcome.case
    kinds = [remedy["kind"] for remedy in remedies]
    if outcome.first != case.kind and not case.choose:
        outcome.faults.append(f"ranked first: {outcome.first}, expected: {case.kind}")
    if case.kind not in kinds:
        outcome.faults.append(f"no remedy of kind {case.kind} among {kinds}")
        return None
    return kinds.index(case.kind) if case.choose else 0


def _close(guest: Guest, outcome: Outcome, incident: Dict[str, Any], chosen: int) -> None:
    """Apply the remedy, try again, take it back, try once more; without a program's help where there is none."""
    case = outcome.case
    policy = guest.get(POLICY)
    applied = fix(guest, PART, incident, chosen) if case.apply else Applied(True)
    if not applied.done:
        outcome.faults.append(f"the remedy could not be applied: {applied.said}")
        return
    if case.settle:
        guest.patiently(case.settle)
    found = difference(policy, guest.get(POLICY))
    outcome.added = len(found.added)
    broken = unpromised(outcome.applied.split(":")[0], outcome.grants, found)
    if broken:
        outcome.faults.append(f"not as promised: {broken}")
    _try_cured(guest, outcome, incident, incident["remedies"][chosen])
    for _ in range((1 if case.apply else 0) + len(outcome.further)):
        taken_back = undo(guest)
        if not taken_back.done:
            outcome.faults.append(f"undo failed: {taken_back.said}")
            return
    if case.unsettle:
        guest.patiently(case.unsettle)
    outcome.undone = attempt(guest, case)
    if outcome.undone.code == 0 or not _has(outcome.undone, case):
        outcome.faults.append(f"after the undo it is not denied as before (exit {outcome.undone.code})")


def _try_cured(guest: Guest, outcome: Outcome, incident: Dict[str, Any], remedy: Dict[str, Any]) -> None:
    case = outcome.case
    outcome.after = attempt(guest, case)
    if any(note.startswith(LEAVES) for note in remedy["notes"]):
        _go_on(guest, outcome)
    mine = {access for access in outcome.before.denied if _in(access, incident)} if outcome.before else set()
    left = sorted(" ".join(access) for access in outcome.after.denied & mine)
    refused = bool(outcome.after.code or left)
    if refused and (outcome.alternative is None or (outcome.verdict == "allowed" and not case.differs)):
        new = ", ".join(sorted(" ".join(access) for access in outcome.after.denied))
        said = outcome.after.output.strip()[-200:]
        outcome.faults.append(f"still refused (exit {outcome.after.code}; denied: {new or 'nothing'}; said: {said})")
    if outcome.verdict != "unknown":
        outcome.agreed = (outcome.verdict == "allowed") != refused


def _go_on(guest: Guest, outcome: Outcome) -> None:
    """Cure what the domain is denied next, as often as the case allows, by the first remedy that a program can do."""
    for _ in range(outcome.case.further):
        if outcome.after is None or outcome.after.code == 0:
            return
        source = outcome.case.denied[0]
        next_ = [
            one for one in explain(guest)["incidents"] if any(group["source"] == source for group in one["groups"])
        ]
        able = [
            index for index, one in enumerate(next_[0]["remedies"] if next_ else ()) if one["applicability"] != "manual"
        ]
        if not able:
            return
        applied = fix(guest, PART, next_[0], able[0])
        if not applied.done:
            outcome.faults.append(f"what followed could not be cured: {applied.said}")
            return
        taken = next_[0]["remedies"][able[0]]
        outcome.further += (f"{taken['kind']}: {taken['title']}",)
        outcome.after = attempt(guest, outcome.case)


def _has(attempt: Try, case: Case) -> bool:
    return any(access[:3] == case.denied for access in attempt.denied)


def _in(access: Access, incident: Dict[str, Any]) -> bool:
    return any(access[:3] == (group["source"], group["target"], group["tclass"]) for group in incident["groups"])
