"""The command a person would type for an action; a plan's commands always come from here, never from its file."""

from __future__ import annotations

import re
from typing import Callable, Dict, Mapping, Tuple, Union

from avcdoctor.errors import PlanError
from avcdoctor.model import ACTIONS, Action, safe_text
from avcdoctor.remedies.cil import check_module

Parameters = Mapping[str, Union[str, int, bool]]

_TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_LEVEL = re.compile(r"[A-Za-z0-9:.,-]+")
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*")
_MODE = re.compile(r"0?[0-7]{3}")
_FILE_TYPES = frozenset("afdcbslp")
_PROTOCOLS = frozenset({"tcp", "udp", "sctp", "dccp"})
_OPTIONAL = {"restorecon": {"type"}, "module-install": {"te"}, "service-restart": set(), "manual": set()}
_PATH_MAXIMUM = 4096


def canonical(action: Action) -> Action:
    """The same action with checked parameters and the command that they stand for.

    Raises:
        PlanError: the action is unknown, a parameter is missing, unknown or not acceptable.
    """
    required = ACTIONS.get(action.do)
    if required is None:
        raise PlanError(f"there is no action {safe_text(action.do)!r}")
    given = dict(action.parameters)
    missing = [name for name in required if name not in given]
    unknown = sorted(set(given) - set(required) - _OPTIONAL.get(action.do, set()))
    if missing or unknown:
        words = ", ".join([f"{name} is missing" for name in missing] + [f"{safe_text(name)}?" for name in unknown])
        raise PlanError(f"the action {action.do} can't be read: {words}")
    if action.do == "boolean-set":
        given["value"] = _on_off(given["value"])
    return Action(action.do, _ARGV[action.do](given), given)


def is_on(value: Union[str, int, bool]) -> bool:
    """Whether a boolean action's `value` (True, 1, "on", ...) turns it on."""
    return _on_off(value) == "on"


def inverse(action: Action) -> Tuple[Action, ...]:
    """The actions that take one back on a machine where the item did not exist before; empty where none can."""
    do, values = action.do, action.parameters
    picked: Dict[str, Tuple[str, Tuple[str, ...]]] = {
        "fcontext-add": ("fcontext-delete", ("pattern", "file_type")),
        "fcontext-modify": ("fcontext-delete", ("pattern", "file_type")),
        "fcontext-equal-add": ("fcontext-equal-delete", ("path",)),
        "port-add": ("port-delete", ("protocol", "low", "high")),
        "port-modify": ("port-delete", ("protocol", "low", "high")),
        "module-install": ("module-remove", ("name",)),
        "restorecon": ("restorecon", ("path", "recursive")),
    }
    if do in picked:
        name, keep = picked[do]
        return (canonical(Action(name, (), {key: values[key] for key in keep})),)
    if do == "boolean-set":
        return (canonical(Action(do, (), {"name": values["name"], "value": not is_on(values["value"])})),)
    if do == "text-replace":
        back = {"path": values["path"], "old": values["new"], "new": values["old"]}
        return (canonical(Action(do, (), back)),)
    if do == "file-move":
        return (canonical(Action(do, (), {"path": values["to"], "to": values["path"]})),)
    return ()


def _on_off(value: object) -> str:
    if value in (True, "on", "1", "true"):
        return "on"
    if value in (False, "off", "0", "false"):
        return "off"
    raise PlanError(f"a boolean is on or off, not {safe_text(str(value))!r}")


def _word(values: Parameters, name: str, allowed: re.Pattern[str]) -> str:
    value = values[name]
    if not isinstance(value, str) or not allowed.fullmatch(value):
        raise PlanError(f"{name} can't be {safe_text(str(value))!r}")
    return value


def _path(values: Parameters, name: str = "path") -> str:
    value = values[name]
    usable = isinstance(value, str) and value.startswith("/") and "\0" not in value and len(value) < _PATH_MAXIMUM
    if not usable or any(part in (".", "..") for part in str(value).split("/")):
        raise PlanError(f"{name} has to be an absolute path without . and .., not {safe_text(str(value))!r}")
    return str(value)


def _pattern(values: Parameters) -> str:
    value = values["pattern"]
    if not isinstance(value, str) or not re.fullmatch(r"/[\x21-\x7e]*", value) or len(value) > _PATH_MAXIMUM:
        raise PlanError(f"a file-context pattern starts with / and holds no white space: {safe_text(str(value))!r}")
    try:
        re.compile(value)
    except re.error as error:
        raise PlanError(f"the file-context pattern {safe_text(value)!r} is no regular expression: {error}") from error
    return value


def _file_type(values: Parameters) -> str:
    value = values["file_type"]
    if value not in _FILE_TYPES:
        raise PlanError(f"file_type is one letter of {''.join(sorted(_FILE_TYPES))}, not {safe_text(str(value))!r}")
    return str(value)


def _ports(values: Parameters) -> Tuple[str, str]:
    protocol, low, high = values["protocol"], values["low"], values["high"]
    numbers = type(low) is int and type(high) is int
    if protocol not in _PROTOCOLS or not numbers or not 1 <= int(low) <= int(high) <= 65535:
        words = safe_text(f"{protocol} {low}-{high}")
        raise PlanError(f"not a port: {words!r}")
    return str(protocol), str(low) if low == high else f"{low}-{high}"


def _recursive(values: Parameters) -> bool:
    if not isinstance(values["recursive"], bool):
        raise PlanError("recursive is true or false")
    return bool(values["recursive"])


def _fcontext(option: str) -> Callable[[Parameters], Tuple[str, ...]]:
    def argv(values: Parameters) -> Tuple[str, ...]:
        start = ("semanage", "fcontext", option, "-f", _file_type(values))
        kind = () if option == "-d" else ("-t", _word(values, "type", _TYPE))
        return (*start, *kind, _pattern(values))

    return argv


def _equivalence_add(values: Parameters) -> Tuple[str, ...]:
    for name in ("path", "like"):
        path = _path(values, name)
        if not re.fullmatch(r"/[\x21-\x7e]*", path) or (path != "/" and path.endswith("/")):
            raise PlanError(f"an equivalence can't name {safe_text(path)!r}", "no white space, no / at the end")
    return ("semanage", "fcontext", "-a", "-e", _path(values, "like"), _path(values))


def _port(option: str) -> Callable[[Parameters], Tuple[str, ...]]:
    def argv(values: Parameters) -> Tuple[str, ...]:
        protocol, ports = _ports(values)
        kind = () if option == "-d" else ("-t", _word(values, "type", _TYPE))
        return ("semanage", "port", option, *kind, "-p", protocol, ports)

    return argv


def _restorecon(values: Parameters) -> Tuple[str, ...]:
    if "type" in values:
        _word(values, "type", _TYPE)
    return ("restorecon", "-Rv" if _recursive(values) else "-v", _path(values))


def _module_install(values: Parameters) -> Tuple[str, ...]:
    name = str(values["name"])
    check_module(name, str(values["cil"]))
    return ("semodule", "-X", "400", "-i", f"{name}.cil")


def _module_remove(values: Parameters) -> Tuple[str, ...]:
    return ("semodule", "-X", "400", "-r", _word(values, "name", re.compile(r"avcdoctor_[A-Za-z0-9_]{1,100}")))


def _chcon_level(values: Parameters) -> Tuple[str, ...]:
    recursive = ("-R",) if _recursive(values) else ()
    return ("chcon", *recursive, "-l", _word(values, "level", _LEVEL), "--", _path(values))


def _chown(values: Parameters) -> Tuple[str, ...]:
    owner = f"{_word(values, 'owner', _OWNER)}:{_word(values, 'group', _OWNER)}"
    return ("chown", "-h", "--", owner, _path(values))


def _text_replace(values: Parameters) -> Tuple[str, ...]:
    """No command: sed would read the path as a pattern. The text formats name the edit in words."""
    for name in ("path", "old", "new"):
        _path(values, name)
    return ()


def _manual(values: Parameters) -> Tuple[str, ...]:
    if not isinstance(values["text"], str):
        raise PlanError("a manual step is a text")
    return ()


_ARGV: Dict[str, Callable[[Parameters], Tuple[str, ...]]] = {
    "fcontext-add": _fcontext("-a"),
    "fcontext-modify": _fcontext("-m"),
    "fcontext-delete": _fcontext("-d"),
    "fcontext-equal-add": _equivalence_add,
    "fcontext-equal-delete": lambda values: ("semanage", "fcontext", "-d", _path(values)),
    "restorecon": _restorecon,
    "boolean-set": lambda values: ("setsebool", "-P", _word(values, "name", _TYPE), _on_off(values["value"])),
    "port-add": _port("-a"),
    "port-modify": _port("-m"),
    "port-delete": _port("-d"),
    "module-install": _module_install,
    "module-remove": _module_remove,
    "file-move": lambda values: ("mv", "-nT", "--", _path(values), _path(values, "to")),
    "text-replace": _text_replace,
    "chown": _chown,
    "chmod": lambda values: ("chmod", _word(values, "mode", _MODE), "--", _path(values)),
    "chcon-level": _chcon_level,
    "service-restart": lambda values: ("systemctl", "restart", _word(values, "unit", _UNIT)),
    "manual": _manual,
}
