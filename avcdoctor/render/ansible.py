"""A plan as an Ansible playbook for the selinux role of linux-system-roles; it adds and changes, and never purges."""

from __future__ import annotations

import re
import textwrap
from typing import Any, Dict, List, Mapping

import yaml

from avcdoctor.model import Action, safe_text
from avcdoctor.plan.model import Plan
from avcdoctor.remedies.commands import is_on

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
    """A text that is not printable as it stands: it stays on one line, with escapes."""


_Dumper.add_representer(_Unsafe, lambda dumper, value: dumper.represent_scalar("!unsafe", str(value), style='"'))
_Dumper.add_representer(
    _OneLine, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')
)


def playbook(plan: Plan) -> str:
    """The plan as YAML.

    A module's CIL file has to lie beside the playbook: `files` gives its name and text. Names from the log are
    marked `!unsafe` where they hold a brace, since Ansible would otherwise evaluate them as templates.
    """
    variables = _variables(plan)
    before = [task for action in plan.actions for task in _tasks_before(action)]
    after = [task for action in plan.actions for task in _tasks_after(action)]
    role = {
        "name": "Apply the local SELinux customisations",
        "ansible.builtin.include_role": {"name": _ROLE},
        "vars": variables,
    }
    play = {
        "name": _text(_name(plan)),
        "hosts": _HOSTS,
        "become": True,
        "tasks": [*before, *([role] if variables else []), *after],
    }
    header = [
        "# Made by avcdoctor. Simulated: " + plan.simulation.before + " before, " + plan.simulation.after + " after."
    ]
    header += ["# Run it with: ansible-playbook -e avcdoctor_hosts=GROUP; without that it changes this machine alone."]
    header += [f"# {step.rule or step.incident}: {safe_text(step.title)}" for step in plan.steps]
    header += [f"# by hand: {safe_text(str(action.parameters['text']))}" for action in plan.of("manual")]
    header += [f"# beside this file: {name}" for name in files(plan)]
    body = yaml.dump([play], Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=10_000, explicit_start=True)
    return "".join(f"{line}\n" for line in header) + str(body)


def files(plan: Plan) -> Mapping[str, str]:
    """File names and texts that belong beside the playbook."""
    return {f"{action.parameters['name']}.cil": str(action.parameters["cil"]) for action in plan.of("module-install")}


def _name(plan: Plan) -> str:
    """The play's name: the one remedy's title, or how many incidents are fixed."""
    if len(plan.steps) > 1:
        return f"Fix {len(plan.steps):,} SELinux incidents"
    line = safe_text(plan.steps[0].title)
    return textwrap.shorten(line[:1].upper() + line[1:], _LONGEST_NAME, placeholder=" ...")


def _text(value: object) -> str:
    words = str(value)
    if re.search(r"[{}]", words):
        return _Unsafe(words)
    return words if words.isprintable() else _OneLine(words)


def _variables(plan: Plan) -> Dict[str, Any]:
    found: Dict[str, List[Any]] = {}
    for action in plan.actions:
        values, present = action.parameters, "present" if not action.do.endswith(("-delete", "-remove")) else "absent"
        if action.do in ("fcontext-add", "fcontext-modify", "fcontext-delete"):
            entry = {"target": _text(values["pattern"]), "ftype": values["file_type"], "state": present}
            if "type" in values:
                entry["setype"] = values["type"]
            found.setdefault("selinux_fcontexts", []).append(entry)
        elif action.do == "boolean-set":
            entry = {"name": values["name"], "state": is_on(values["value"]), "persistent": True}
            found.setdefault("selinux_booleans", []).append(entry)
        elif action.do.startswith("port-"):
            found.setdefault("selinux_ports", []).append(_port(values, present))
        elif action.do.startswith("module-"):
            found.setdefault("selinux_modules", []).append(_module(str(values["name"]), present))
        elif action.do == "restorecon":
            found.setdefault("selinux_restore_dirs", []).append(_text(values["path"]))
    return found


def _port(values: Mapping[str, Any], present: str) -> Dict[str, Any]:
    low, high = values["low"], values["high"]
    ports = str(low) if low == high else f"{low}-{high}"
    entry = {"ports": ports, "proto": values["protocol"], "state": present, "local": present == "absent"}
    if "type" in values:
        entry["setype"] = values["type"]
    return {key: value for key, value in entry.items() if value is not False}


def _module(name: str, present: str) -> Dict[str, Any]:
    if present == "absent":
        return {"name": name, "priority": 400, "state": "absent"}
    return {"path": f"{name}.cil", "priority": 400, "state": "enabled"}


def _tasks_before(action: Action) -> List[Dict[str, Any]]:
    values = action.parameters
    if action.do == "file-move":
        source, target = _text(values["path"]), _text(values["to"])
        copy = {"src": source, "dest": target, "remote_src": True, "mode": "preserve", "force": False}
        return [
            {"name": "Copy the file to where the policy expects it", "ansible.builtin.copy": copy},
            {"name": "Remove the file from its old place", "ansible.builtin.file": {"path": source, "state": "absent"}},
        ]
    if action.do == "text-replace":
        letters, old = "[A-Za-z0-9_./-]", re.escape(str(values["old"]))
        entry = {
            "path": _text(values["path"]),
            "regexp": _text(f"(?<!{letters}){old}(?!{letters})"),
            "replace": _text(str(values["new"]).replace("\\", "\\\\")),
            "backup": True,
        }
        return [{"name": "Name the new place in the configuration", "ansible.builtin.replace": entry}]
    if action.do.startswith("fcontext-equal-"):
        return [_equivalence(action)]
    return []


def _equivalence(action: Action) -> Dict[str, Any]:
    """The role has no variable for equivalences, so semanage is called; a second run finds nothing to do."""
    done = "already exists" if action.do == "fcontext-equal-add" else "is not defined"
    return {
        "name": "Label one tree like another",
        "ansible.builtin.command": {"argv": [_text(word) for word in action.argv]},
        "register": "equivalence",
        "changed_when": "equivalence.rc == 0",
        "failed_when": f"equivalence.rc != 0 and '{done}' not in equivalence.stderr",
    }


def _tasks_after(action: Action) -> List[Dict[str, Any]]:
    values = action.parameters
    entry: Dict[str, Any] = {"path": _text(values["path"]), "follow": False} if "path" in values else {}
    if action.do == "chown":
        entry.update(owner=values["owner"], group=values["group"])
        return [{"name": "Set owner and group", "ansible.builtin.file": entry}]
    if action.do == "chmod":
        entry.update(mode=f"0{str(values['mode']).lstrip('0') or '0'}")
        return [{"name": "Set the mode", "ansible.builtin.file": entry}]
    if action.do == "chcon-level":
        entry.update(selevel=values["level"], recurse=bool(values["recursive"]) or None)
        kept = {key: value for key, value in entry.items() if value is not None}
        return [{"name": "Set the level", "ansible.builtin.file": {**kept, **_directory(values)}}]
    if action.do == "service-restart":
        service = {"name": values["unit"], "state": "restarted"}
        return [{"name": "Restart the service", "ansible.builtin.service": service}]
    return []


def _directory(values: Mapping[str, Any]) -> Dict[str, Any]:
    return {"state": "directory"} if values["recursive"] else {}
