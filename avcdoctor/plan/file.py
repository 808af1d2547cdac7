"""Plans as JSON documents: written for saving, and read back as untrusted input."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, Dict, List, Mapping, Optional, Tuple

from avcdoctor.actions.registry import canonical
from avcdoctor.errors import PlanError, UsageError
from avcdoctor.model import APPLICABILITIES, REMEDY_KINDS, Action, Context, PolicyInfo, Simulation, safe_text
from avcdoctor.plan.expected import Expected
from avcdoctor.plan.model import (
    SCHEMA_VERSION,
    Fact,
    GroupKey,
    Plan,
    Skipped,
    Step,
    check_agreement,
    check_foreseen,
    only_restores,
)
from avcdoctor.sources.regular import read_regular

_MAXIMUM_SIZE = 16 << 20
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.: -]{0,79}")
_VERDICTS = ("denied", "allowed", "unknown")


def to_document(plan: Plan) -> Dict[str, Any]:
    """The plan as JSON values; the layout is `avcdoctor/plan/schemas/plan.schema.json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "document": "plan",
        "created": plan.created,
        "root": plan.root,
        "policy": dataclasses.asdict(plan.policy),
        "simulation": dataclasses.asdict(plan.simulation),
        "automatic": plan.automatic,
        "applicability": plan.applicability,
        "steps": [_step_document(step) for step in plan.steps],
        "skipped": [dataclasses.asdict(item) for item in plan.skipped],
        "undo": [action_document(action) for action in plan.undo],
        "ground": [{"kind": fact.kind, "key": list(fact.key), "value": fact.value} for fact in plan.ground],
    }


def to_json(plan: Plan) -> str:
    """The plan as a JSON text; file names that are no UTF-8 stay exact as escaped surrogates."""
    return json.dumps(to_document(plan), indent=1, ensure_ascii=True) + "\n"


def action_document(action: Action) -> Dict[str, Any]:
    """One action as JSON values."""
    return {"do": action.do, "argv": list(action.argv), "parameters": dict(action.parameters)}


def load(path: str) -> Plan:
    """Read a saved plan.

    Raises:
        PlanError: the file can't be read, or is not a plan that avcdoctor would have written (see `from_document`).
    """
    try:
        data = read_regular(path, _MAXIMUM_SIZE)
    except OSError as error:
        raise PlanError(f"{safe_text(path)}: {error.strerror}") from error
    try:
        return from_document(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise PlanError(f"{safe_text(path)} is no JSON: {safe_text(str(error))}") from error
    except PlanError as error:
        raise PlanError(f"{safe_text(path)}: {error.message}", error.hint or "make the plan again") from error


def from_document(document: object) -> Plan:
    """Build a plan from JSON values and check all of it.

    The commands are made anew from the parameters; a document whose commands say something else is refused, since
    a person may have read them. Modules are read statement by statement (see `avcdoctor.actions.cil`).

    Raises:
        PlanError: a value is missing, has the wrong type or is not acceptable.
    """
    top = _Reader(document, "plan")
    if top.integer("schema_version") != SCHEMA_VERSION or top.text("document") != "plan":
        raise PlanError("it is no plan of this version", f"schema_version has to be {SCHEMA_VERSION}")
    plan = Plan(
        policy=_policy(top.child("policy")),
        steps=tuple(_read_step(item) for item in top.children("steps")),
        skipped=tuple(
            Skipped(item.name("incident"), item.text("title"), item.text("why"), item.text_if_there("next"))
            for item in top.children("skipped")
        ),
        simulation=_simulation(top.child("simulation")),
        root=top.text("root"),
        created=top.integer("created"),
        ground=tuple(_fact(item) for item in top.children("ground")),
    )
    if not plan.steps:
        raise PlanError("the plan holds no step")
    try:
        check_agreement(plan.steps)
    except UsageError as error:
        raise PlanError(error.message) from error
    return plan


def _step_document(step: Step) -> Dict[str, Any]:
    document = {field.name: getattr(step, field.name) for field in dataclasses.fields(step)}
    document["simulation"] = dataclasses.asdict(step.simulation)
    document["actions"] = [action_document(action) for action in step.actions]
    document["undo"] = [action_document(action) for action in step.undo]
    document["checks"] = [_check_document(check) for check in step.checks]
    document["groups"] = [list(key) for key in step.groups]
    document["grants"] = list(step.grants)
    document["notes"] = list(step.notes)
    return document


def _read_step(item: _Reader) -> Step:
    step = Step(
        incident=item.name("incident"),
        rule=item.optional_name("rule"),
        incident_title=item.text("incident_title"),
        remedy=item.integer("remedy"),
        kind=item.choice("kind", REMEDY_KINDS),
        title=item.text("title"),
        applicability=item.choice("applicability", APPLICABILITIES),
        lasting=item.flag("lasting"),
        denials=item.integer("denials"),
        resolves=item.integer("resolves"),
        simulation=_simulation(item.child("simulation")),
        grants=item.texts("grants"),
        actions=tuple(_action(action) for action in item.children("actions")),
        notes=item.texts("notes"),
        checks=tuple(_check(check) for check in item.children("checks")),
        groups=item.keys("groups"),
    )
    check_foreseen(step.kind, step.actions)
    if step.applicability == "safe" and not only_restores(step.actions):
        raise PlanError(f"the step {safe_text(step.title)!r} calls itself safe but grants something new")
    return step


def _action(item: _Reader) -> Action:
    parameters = item.child("parameters").value
    for name, value in parameters.items():
        if not isinstance(value, (str, int, bool)):
            raise PlanError(f"{item.where}: the parameter {safe_text(name)} is no text, number or truth value")
    action = canonical(Action(item.text("do"), (), dict(parameters)))
    if item.texts("argv") != action.argv:
        raise PlanError(f"{item.where}: the command shown is not what the action {action.do} does")
    return action


def _policy(item: _Reader) -> PolicyInfo:
    return PolicyInfo(
        origin=item.text("origin"),
        name=item.text("name"),
        path=item.text("path"),
        version=item.integer("version"),
        mls=item.flag("mls"),
        types=item.integer("types"),
        rules=item.integer("rules"),
        unknown_types=item.texts("unknown_types"),
        notes=item.texts("notes"),
    )


def _simulation(item: _Reader) -> Simulation:
    before, after = item.choice("before", _VERDICTS), item.choice("after", _VERDICTS)
    return Simulation(before, after, item.text("why"), item.text("policy"))


def _check_document(check: Expected) -> Dict[str, Any]:
    document = {field.name: getattr(check, field.name) for field in dataclasses.fields(check)}
    document["permissions"] = list(check.permissions)
    document["contexts"] = [[str(one), str(other)] for one, other in check.contexts]
    document["ioctls"] = list(check.ioctls)
    return document


def _check(item: _Reader) -> Expected:
    names = ("source", "target", "tclass", "via", "path")
    texts = {name: item.text(name) for name in names}
    return Expected(permissions=item.texts("permissions"), contexts=item.contexts(), ioctls=item.ioctls(), **texts)


def _fact(item: _Reader) -> Fact:
    return Fact(item.text("kind"), item.texts("key"), item.optional_text("value"))


class _Reader:
    """A JSON object whose members are taken out by type; every problem names the place."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise PlanError(f"{where} has to be an object")
        self.value: Mapping[str, Any] = value
        self.where = where

    def _get(self, name: str, kind: type, words: str) -> Any:
        value = self.value.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise PlanError(f"{self.where}.{name} has to be {words}")
        return value

    def text(self, name: str) -> str:
        return str(self._get(name, str, "a text"))

    def name(self, name: str) -> str:
        """An incident's or a rule's id: letters, digits and a few signs, so that it can't be anything else."""
        value = self.text(name)
        if not _ID.fullmatch(value):
            raise PlanError(f"{self.where}.{name} is no id: {safe_text(value)!r}")
        return value

    def optional_name(self, name: str) -> Optional[str]:
        return None if self.value.get(name, "") is None else self.name(name)

    def optional_text(self, name: str) -> Optional[str]:
        return None if self.value.get(name, "") is None else self.text(name)

    def text_if_there(self, name: str) -> str:
        """A text that plans of an earlier version lack."""
        return self.text(name) if name in self.value else ""

    def integer(self, name: str) -> int:
        return int(self._get(name, int, "a whole number"))

    def flag(self, name: str) -> bool:
        return bool(self._get(name, bool, "true or false"))

    def choice(self, name: str, allowed: Tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise PlanError(f"{self.where}.{name} has to be one of {', '.join(allowed)}")
        return value

    def texts(self, name: str) -> Tuple[str, ...]:
        items: List[object] = self._get(name, list, "a list")
        if not all(isinstance(item, str) for item in items):
            raise PlanError(f"{self.where}.{name} has to be a list of texts")
        return tuple(str(item) for item in items)

    def keys(self, name: str) -> Tuple[GroupKey, ...]:
        items: List[object] = self._get(name, list, "a list")
        found: List[GroupKey] = []
        for item in items:
            if not isinstance(item, list) or len(item) != 4 or not all(isinstance(part, str) for part in item):
                raise PlanError(f"{self.where}.{name} has to be a list of four texts each")
            found.append((item[0], item[1], item[2], item[3]))
        return tuple(found)

    def contexts(self) -> Tuple[Tuple[Context, Context], ...]:
        """Pairs of security contexts, which plans of an earlier version lack."""
        found: List[Tuple[Context, Context]] = []
        for pair in self._get("contexts", list, "a list") if "contexts" in self.value else ():
            if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
                raise PlanError(f"{self.where}.contexts has to be a list of two texts each")
            try:
                found.append((Context.parse(pair[0]), Context.parse(pair[1])))
            except ValueError as error:
                raise PlanError(f"{self.where}.contexts: {safe_text(str(error))}") from error
        return tuple(found)

    def ioctls(self) -> Tuple[int, ...]:
        """Numbers, which plans of an earlier version lack."""
        items: List[object] = self._get("ioctls", list, "a list") if "ioctls" in self.value else []
        found = tuple(one for one in items if isinstance(one, int) and not isinstance(one, bool))
        if len(found) < len(items):
            raise PlanError(f"{self.where}.ioctls has to be a list of whole numbers")
        return found

    def child(self, name: str) -> _Reader:
        return _Reader(self._get(name, dict, "an object"), f"{self.where}.{name}")

    def children(self, name: str) -> List[_Reader]:
        items: List[object] = self._get(name, list, "a list")
        return [_Reader(item, f"{self.where}.{name}[{number}]") for number, item in enumerate(items)]
