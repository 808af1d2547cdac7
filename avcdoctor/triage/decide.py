"""Joins observations to incidents, chooses the leading one, and says what SELinux has to do with it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import AbstractSet, Dict, List, Mapping, Optional, Sequence, Tuple

from avcdoctor.knowledge.messages import PROOFS, MessageRule
from avcdoctor.model import incident_id
from avcdoctor.triage.layers import selinux
from avcdoctor.triage.layers.base import DONTAUDIT
from avcdoctor.triage.lines import near
from avcdoctor.triage.messages import explain_by_rule
from avcdoctor.triage.model import Observation, RuledOutLayer, Triage, TriageIncident
from avcdoctor.triage.observe import LAYER_BY_NAME
from avcdoctor.triage.refusals import PROVE

_NOT_BY_SELINUX = {
    "ENOENT": "No such file or directory",
    "ENOTDIR": "Not a directory",
    "ELOOP": "Too many levels of symbolic links",
    "EROFS": "Read-only file system",
    "ENOEXEC": "Exec format error",
}
_CLEAR_BY_ERRNO = ("path", "symlink", "mount", "exec-format", "immutable", "fapolicyd", "seccomp")
_DECIDES = f"`{PROVE}` right after the failure decides: a record there is SELinux's or AppArmor's."
_APPARMOR = "AppArmor's records are in the evidence: it is the module that decides on this machine, not SELinux"
_CHILD = re.compile(r"\(.+\)$")
_STEP = re.compile(r"\bat step [A-Z_]+\b|\bFailed to (?:execute|set up)\b|\bstatus=2\d\d/[A-Z_]+")
_KEPT = 20  # observations kept in an incident


def decide(
    observations: Sequence[Observation], rules: Sequence[MessageRule], lines: int = 0, *, audited: bool = False
) -> Triage:
    """The verdict over everything that was seen.

    Args:
        observations: from `avcdoctor.triage.observe.collect`, records first.
        rules: the message rules that the observations may name.
        lines: how many lines were read.
        audited: the audit trail of that time was read as well.
    """
    by_id = {rule.id: rule for rule in rules}
    found = _without_symptoms(_folded(_recorded_steps([_incident(group, by_id) for group in _group(observations)])))
    incidents = sorted(found, key=lambda incident: _rank(incident, found))
    other = any(one.layer == "apparmor" and one.proof in ("record", "warning") for one in observations)
    verdict, why = _selinux(incidents, audited, _APPARMOR if other else "")
    leading = incidents[0].layer if incidents else ""
    blocked = any(selinux.enforced(one) for one in observations if one.layer == "selinux" and one.proof == "record")
    finished = tuple(_with_ruled_out(incident, verdict, audited) for incident in incidents)
    return Triage(leading, verdict, why, finished, blocked=blocked, lines=lines)


def _group(observations: Sequence[Observation]) -> List[List[Observation]]:
    groups: Dict[Tuple[str, ...], List[Observation]] = {}
    for one in observations:
        if one.layer == "selinux" and one.proof == "record":
            key: Tuple[str, ...] = ("selinux", "denied" if selinux.enforced(one) else "permissive")
        elif one.rule:
            key = (one.rule, one.layer)
        else:
            key = (one.layer, one.proof, one.errno, one.fields.get("profile", ""), one.fields.get("step", ""))
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _incident(group: Sequence[Observation], by_id: Mapping[str, MessageRule]) -> TriageIncident:
    first = next((one for one in group if one.path), group[0])
    rule = by_id.get(first.rule)
    explanation = explain_by_rule(rule, first) if rule else LAYER_BY_NAME[first.layer].explain(first)
    identifier = incident_id(first.layer, first.rule or explanation.kind, first.process, first.path)
    return TriageIncident(identifier, first.layer, first.proof, explanation, tuple(group[:_KEPT]), rule=first.rule)


def _without_symptoms(incidents: List[TriageIncident]) -> List[TriageIncident]:
    """Consequences are left out when their cause is among the incidents."""
    causes = [incident for incident in incidents if incident.proof in ("record", "named", "errno")]
    return [incident for incident in incidents if incident.proof != "symptom" or not causes]


def _recorded_steps(incidents: List[TriageIncident]) -> List[TriageIncident]:
    """What systemd says of a step goes to the record of the child that took the step: the record names the cause."""
    kept = list(incidents)
    for told in incidents:
        if told.proof == "record" or not any(_STEP.search(one.line) for one in told.observations):
            continue
        for at, record in enumerate(kept):
            if record.proof == "record" and record.explanation.kind != "permissive" and _took_the_step(record, told):
                kept[at] = replace(record, observations=(*record.observations, *told.observations)[:_KEPT])
                kept.remove(told)
                break
    return kept


def _took_the_step(record: TriageIncident, told: TriageIncident) -> bool:
    """Whether all that systemd says is of a record's process; a child is named "(x)" until it executes the program."""
    children = [one for one in record.observations if _CHILD.match(one.process)]
    return bool(children) and all(
        one.errno in ("EACCES", "EPERM", "")
        and any(
            near(child.seconds, one.seconds) is not False
            and re.search(rf"{re.escape(child.process[1:-1])}(?:\.service)?(?![\w-])", one.line)
            for child in children
        )
        for one in told.observations
    )


def _folded(incidents: List[TriageIncident]) -> List[TriageIncident]:
    """An error number alone, and words about a record, go to the finding that explains them: one failure, one cause."""
    recorded = {one.layer for one in incidents if one.proof == "record" and one.explanation.kind != "permissive"}
    again = [one for one in incidents if _bare(one) or _retold(one, recorded)]
    kept: List[TriageIncident] = [one for one in incidents if one not in again]
    for weak in again:
        at = next((at for at, strong in enumerate(kept) if _one_failure(strong, weak)), None)
        if at is None:
            kept.append(weak)
        else:
            together = (*kept[at].observations, *weak.observations)[:_KEPT]
            kept[at] = replace(kept[at], observations=together)
    return kept


def _bare(incident: TriageIncident) -> bool:
    """Whether only an error number speaks; a step that systemd names is more than that."""
    return incident.proof == "errno" and not incident.rule and not incident.observations[0].fields.get("step")


def _retold(incident: TriageIncident, recorded: AbstractSet[str]) -> bool:
    """Whether a message names a layer of which the evidence holds a record, and no rule knows more about it."""
    return incident.proof == "named" and not incident.rule and incident.layer in recorded


def _one_failure(strong: TriageIncident, weak: TriageIncident) -> bool:
    """Whether a finding and a bare error number speak of one process or path, at one moment if moments are known."""
    own_word = strong.layer == "application" and not strong.rule  # often beside a failure, seldom its cause
    if own_word or strong.explanation.kind == "permissive" or strong.proof not in ("record", "named", "errno"):
        return False
    by_path_alone = strong.proof == "errno" and not strong.observations[0].fields.get("step")
    for one in strong.observations:
        for other in weak.observations:
            name = other.path.rpartition("/")[2]
            same_path = bool(name) and one.path.rstrip("/").rpartition("/")[2] == name
            process, program = one.process[:15], other.process.rpartition("/")[2][:15]
            same_process = bool(process and program) and process.strip("()") == program.strip("()")
            if (same_path or (same_process and not by_path_alone)) and near(one.seconds, other.seconds) is not False:
                return weak.observations[0].errno in ("EACCES", "EPERM") or strong.layer == weak.layer
    return False


def _rank(incident: TriageIncident, others: Sequence[TriageIncident]) -> Tuple[float, int]:
    """What leads: proof before guesses; what did not stop anything, and denials of another moment, stand back."""
    place = float(PROOFS.index(incident.proof))
    first = incident.observations[0]
    failures = [other for other in others if other is not incident and other.proof in ("named", "errno")]
    if incident.explanation.kind == "permissive":
        place = PROOFS.index("named") + 0.5
    elif incident.proof == "record" and failures:
        seen = [one for other in failures for one in other.observations]
        if not any(selinux.same_failure(record, one) for record in incident.observations for one in seen):
            place = PROOFS.index("named") + 0.6
    if incident.proof == "errno" and first.errno == "ENOENT" and first.layer == "path" and not first.rule:
        place += 0.4
    if incident.proof == "errno" and first.rule:
        place -= 0.2
    if incident.proof == "errno" and first.fields.get("step"):
        place -= 0.1  # systemd's last word on the unit
    if incident.layer == "application" and not first.rule:
        place += 1.5  # a refused login or a complaint of the program often stands beside the real failure
    number = first.where.rpartition(" ")[2]
    return place, int(number) if number.isdigit() else 0


def _selinux(incidents: Sequence[TriageIncident], audited: bool, excluded: str) -> Tuple[str, str]:
    """Whether SELinux is to blame: "true", "false" or "unknown", with the reason.

    Args:
        incidents: the leading one first.
        audited: the audit trail of that time was read as well.
        excluded: why SELinux is not in use on this machine; empty when nothing says so.
    """
    if not incidents:
        return "unknown", "nothing was recognised in the evidence"
    leading = incidents[0]
    denials = [one for one in incidents if one.layer == "selinux" and one.proof == "record"]
    enforced = [one for one in denials if one.explanation.kind == "denial"]
    if leading.layer == "selinux":
        return _leading_selinux(leading)
    if enforced:
        return "unknown", "there is a denial of SELinux as well, but of another moment or process"
    if denials:
        return "false", "SELinux only logged (permissive=1); what failed was stopped by another layer"
    verdict, why = _without_denial(leading, audited)
    return ("false", excluded) if verdict == "unknown" and excluded else (verdict, why)


def _leading_selinux(leading: TriageIncident) -> Tuple[str, str]:
    if leading.proof == "named":
        return "true", "the message reports a denial of SELinux; its record is in the audit trail"
    if leading.proof != "record":
        return "unknown", f"{_first_sentence(leading.explanation.cause)}. {_DECIDES} {DONTAUDIT}"
    if leading.explanation.kind == "permissive":
        return "true", "SELinux logged a denial, but in permissive mode: it did not stop anything"
    return "true", "the evidence holds a denial of SELinux that was enforced"


def _without_denial(leading: TriageIncident, audited: bool) -> Tuple[str, str]:
    errno = leading.observations[0].errno
    reason = LAYER_BY_NAME[leading.layer].not_selinux
    if errno in _NOT_BY_SELINUX:
        return (
            "false",
            f"the error is {errno} ({_NOT_BY_SELINUX[errno]}); SELinux answers EACCES, or EPERM for a capability",
        )
    if leading.proof in ("record", "named", "warning"):
        return "false", reason
    if leading.layer in _CLEAR_BY_ERRNO and not leading.undecided:
        return "false", reason
    audited_root = any(one.fields.get("audited") and one.fields.get("uid") == "0" for one in leading.observations)
    if audited_root and errno == "EACCES" and leading.layer == "dac":
        return "unknown", f"root passes owner and mode, and the event of the call holds no denial. {DONTAUDIT}"
    if any(one.fields.get("audited") for one in leading.observations):
        return "false", f"the audit trail holds the failed call and no denial in its event. {DONTAUDIT}"
    if audited:
        return "false", f"the audit trail of that time was read and holds no denial for it. {DONTAUDIT}"
    if leading.undecided and errno == "EPERM":
        also = "SELinux can take a capability away as well, and leaves a record with tclass=capability then."
        return "unknown", f"{also} {_DECIDES} {DONTAUDIT}"
    if leading.undecided:
        return "unknown", f"EACCES has several authors, and nothing here proves which. {_DECIDES} {DONTAUDIT}"
    return "unknown", f"no denial is in the evidence, which speaks against SELinux but proves nothing. {DONTAUDIT}"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")


def _with_ruled_out(incident: TriageIncident, verdict: str, audited: bool) -> TriageIncident:
    """What is excluded; SELinux is not among it where it is as likely as the layer."""
    ruled: List[RuledOutLayer] = []
    if incident.layer != "selinux" and verdict == "false" and not (incident.undecided and not audited):
        own = incident.explanation.if_selinux or LAYER_BY_NAME[incident.layer].if_selinux
        reason = LAYER_BY_NAME[incident.layer].not_selinux
        ruled.append(RuledOutLayer("selinux", f"{reason.rstrip('.')}. If it were SELinux: {own}"))
    ruled += [one for one in _by_errno(incident) if one is not None]
    return replace(incident, ruled_out=tuple(ruled))


def _by_errno(incident: TriageIncident) -> List[Optional[RuledOutLayer]]:
    """What the error number excludes."""
    errno = incident.observations[0].errno
    if errno == "EACCES" and incident.layer != "path":
        return [RuledOutLayer("path", "EACCES: the path was found"), RuledOutLayer("symlink", "EACCES, not ELOOP")]
    if errno == "EPERM" and incident.layer != "dac":
        return [RuledOutLayer("dac", "EPERM: a missing mode bit gives EACCES")]
    if errno in _NOT_BY_SELINUX and incident.layer != "dac":
        return [RuledOutLayer("dac", f"{errno}: a missing mode bit gives EACCES")]
    return []
