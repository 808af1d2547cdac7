"""A plan as an Ansible playbook for the selinux role of linux-system-roles; it adds and changes, and never purges."""

from __future__ import annotations

import re
import textwrap
from typing import Any, Dict, Iterable, List, Mapping, Sequence

import yaml

from avcdoctor.actions.base import TypedAction
from avcdoctor.actions.manual import Manual
from avcdoctor.actions.registry import typed_all
from avcdoctor.model import Action, Report, safe_text
from avcdoctor.plan.fleet import FleetPlan
from avcdoctor.plan.model import Plan, Step
from avcdoctor.render import How
from avcdoctor.render.plan_promise import first_remedies
from avcdoctor.render.words import plural

_ROLE = "fedora.linux_system_roles.selinux"
_HOSTS = "{{ avcdoctor_hosts | default('localhost') }}"
_LONGEST_NAME = 72


class _Unsafe(str):
    """A text that Ansible must not read as a template."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key, as ansible-lint wants them."""
        super().increase_indent(flow, False)


class _OneLine(str):
    """A text with unprintable characters: kept on one line, with escapes."""


_Dumper.add_representer(_Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value), style='"'))
_Dumper.add_representer(
    _OneLine, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')
)


def playbook(plan: Plan) -> str:
    """The plan as YAML.

    A module's CIL file has to lie beside the playbook: `files` gives its name and text. Names from the log are
    marked `!unsafe` where they hold a brace, since Ansible would otherwise evaluate them as templates.
    """
    header = [
        "# Made by avcdoctor. Simulated: " + plan.simulation.before + " before, " + plan.simulation.after + " after."
    ]
    header += ["# Run it with: ansible-playbook -e avcdoctor_hosts=GROUP; without that it changes this machine alone."]
    header += [safe_text(f"# {step.rule or step.incident}: {step.title}") for step in plan.steps]
    header += _by_hand(plan.actions)
    header += [f"# beside this file: {name}" for name in files(plan)]
    return _written(header, [_play(_name(plan), _HOSTS, plan.actions)])


def render(report: Report, _how: How) -> str:
    """The playbook for each incident's first remedy.

    Raises:
        EmptyPlanError: there is nothing to plan.
    """
    return playbook(first_remedies(report))


def of_plan(plan: Plan, _how: How) -> str:
    """See `playbook`."""
    return playbook(plan)


def fleet(found: FleetPlan) -> Mapping[str, str]:
    """A plan for many hosts as files of one directory: playbook.yml, inventory.yml, and the modules they need.

    Each step is a play of its own for the hosts of its incident; the inventory has a group for each.
    """
    plan = found.plan
    header = ["# Made by avcdoctor. Run it with: ansible-playbook -i inventory.yml --check --diff playbook.yml"]
    if found.refused:
        header.append(f"# {found.refused:,} names of hosts in the logs can't stand in an inventory and were left out")
    plays = []
    for step in plan.steps:
        hosts = plural(len(found.hosts[step.incident]), "host")
        simulation = f"{step.simulation.before} before, {step.simulation.after} after"
        header.append(safe_text(f"# {_group(step)}, {hosts}, {step.applicability}, {simulation}: {step.title}"))
        plays.append(_play(_title(step), _group(step), step.actions))
    header += _by_hand(plan.actions)
    header += [safe_text(f"# left out {item.incident}: {item.why}") for item in plan.skipped]
    groups: Dict[str, Any] = {}
    for step in plan.steps:
        groups[_group(step)] = {"hosts": {name: {} for name in found.hosts[step.incident]}}
    inventory = _written(
        ["# Made by avcdoctor: a group of hosts for each incident, by the names that the logs give them."],
        {"all": {"children": groups}},
    )
    return {"playbook.yml": _written(header, plays), "inventory.yml": inventory, **files(plan)}


def _group(step: Step) -> str:
    """A step's group of hosts in the inventory."""
    return f"incident_{step.incident}"


def _by_hand(actions: Iterable[Action]) -> List[str]:
    return [f"# by hand: {safe_text(one.text)}" for one in typed_all(tuple(actions)) if isinstance(one, Manual)]


def _play(name: str, hosts: str, commands: Iterable[Action]) -> Dict[str, Any]:
    actions = typed_all(tuple(commands))
    variables = _variables(actions)
    before = [_safe(task) for one in actions for task in one.tasks_before()]
    after = [_safe(task) for one in actions for task in one.tasks_after()]
    role = {
        "name": "Apply the local SELinux customisations",
        "ansible.builtin.include_role": {"name": _ROLE},
        "vars": variables,
    }
    return {
        "name": _text(name),
        "hosts": hosts,
        "become": True,
        "tasks": [*before, *([role] if variables else []), *after],
    }


def _written(header: Sequence[str], value: object) -> str:
    body = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=10_000, explicit_start=True)
    return "".join(f"{line}\n" for line in header) + str(body)


def files(plan: Plan) -> Mapping[str, str]:
    """File names and texts that belong beside the playbook."""
    return {name: text for one in typed_all(plan.actions) for name, text in one.files().items()}


def _name(plan: Plan) -> str:
    """The play's name: the one remedy's title, or how many incidents are fixed."""
    if len(plan.steps) > 1:
        return f"Fix {len(plan.steps):,} SELinux incidents"
    return _title(plan.steps[0])


def _title(step: Step) -> str:
    line = safe_text(step.title)
    return textwrap.shorten(line[:1].upper() + line[1:], _LONGEST_NAME, placeholder=" ...")


def _text(value: object) -> str:
    words = str(value)
    if re.search(r"[{}]", words):
        return _Unsafe(words)
    return words if words.isprintable() else _OneLine(words)


def _safe(value: Any) -> Any:
    """Every text of a task or variable, marked where Ansible would read a template into it."""
    if isinstance(value, dict):
        return {key: _safe(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_safe(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _variables(actions: Sequence[TypedAction]) -> Dict[str, Any]:
    found: Dict[str, List[Any]] = {}
    for name, entry in (one.role() for one in actions):
        if name:
            found.setdefault(name, []).append(_safe(entry))
    return found
