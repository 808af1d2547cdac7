"""What the parameters of an action may be: each kind of value with its check and its JSON schema, in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Union

from avcdoctor.errors import PlanError
from avcdoctor.model import safe_text

Value = Union[str, int, bool]

PATH_MAXIMUM = 4096
FILE_TYPES: Mapping[str, str] = {
    "a": "all files",
    "f": "regular file",
    "d": "directory",
    "c": "character device",
    "b": "block device",
    "s": "socket",
    "l": "symbolic link",
    "p": "named pipe",
}
"""The letters of `semanage fcontext -f`."""

_TYPE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
PROTOCOLS = ("tcp", "udp", "sctp", "dccp")


@dataclass(frozen=True)
class Parameter:
    """One kind of value: `check` takes its name and a value from anywhere, and gives it back or raises PlanError."""

    check: Callable[[str, object], Value]
    schema: Mapping[str, object]


def needed(kind: Parameter) -> Any:
    """A field of an action that has to be there."""
    return field(metadata={"parameter": kind})


def optional(kind: Parameter) -> Any:
    """A text field of an action that may be missing; it is empty then."""
    return field(default="", metadata={"parameter": kind})


def is_type(word: str) -> bool:
    """Whether a word can be the name of a type."""
    return _TYPE.fullmatch(word) is not None


def _word(pattern: str) -> Parameter:
    allowed = re.compile(pattern)

    def check(name: str, value: object) -> Value:
        if not isinstance(value, str) or not allowed.fullmatch(value):
            raise PlanError(f"{name} can't be {safe_text(str(value))!r}")
        return value

    return Parameter(check, {"type": "string", "pattern": f"^{pattern}$"})


def _path(name: str, value: object) -> Value:
    usable = isinstance(value, str) and value.startswith("/") and "\0" not in value and len(value) < PATH_MAXIMUM
    if not usable or any(part in (".", "..") for part in str(value).split("/")):
        raise PlanError(f"{name} has to be an absolute path without . and .., not {safe_text(str(value))!r}")
    return str(value)


def _equivalent(name: str, value: object) -> Value:
    path = str(_path(name, value))
    if not re.fullmatch(r"/[\x21-\x7e]*", path) or (path != "/" and path.endswith("/")):
        raise PlanError(f"an equivalence can't name {safe_text(path)!r}", "no white space, no / at the end")
    return path


def _pattern(name: str, value: object) -> Value:
    if not isinstance(value, str) or not re.fullmatch(r"/[\x21-\x7e]*", value) or len(value) > PATH_MAXIMUM:
        raise PlanError(f"a file-context pattern starts with / and holds no white space: {safe_text(str(value))!r}")
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as error:
        raise PlanError(f"the file-context pattern {safe_text(value)!r} is no regular expression: {error}") from error
    return value


def _file_type(name: str, value: object) -> Value:
    if not isinstance(value, str) or value not in FILE_TYPES:
        raise PlanError(f"{name} is one letter of {''.join(sorted(FILE_TYPES))}, not {safe_text(str(value))!r}")
    return value


def _protocol(name: str, value: object) -> Value:
    if value not in PROTOCOLS:
        raise PlanError(f"{name} is one of {', '.join(PROTOCOLS)}, not {safe_text(str(value))!r}")
    return str(value)


def _port(name: str, value: object) -> Value:
    if type(value) is not int or not 1 <= value <= 65535:
        raise PlanError(f"{name} is no port: {safe_text(str(value))!r}")
    return value


def _flag(name: str, value: object) -> Value:
    if not isinstance(value, bool):
        raise PlanError(f"{name} is true or false")
    return value


def _switch(name: str, value: object) -> Value:
    if value in (True, "on", "1", "true"):
        return "on"
    if value in (False, "off", "0", "false"):
        return "off"
    raise PlanError(f"a boolean is on or off, not {safe_text(str(value))!r}")


def _text(name: str, value: object) -> Value:
    if not isinstance(value, str):
        raise PlanError(f"{name} has to be a text")
    return value


TYPE = _word(_TYPE.pattern)
OWNER = _word(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
OWNER_AND_GROUP = _word(r"[A-Za-z0-9_][A-Za-z0-9_.-]*:[A-Za-z0-9_][A-Za-z0-9_.-]*")
LEVEL = _word(r"[A-Za-z0-9:.,-]+")
UNIT = _word(r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*")
MODE = _word(r"0?[0-7]{3}")
MODULE = _word(r"avcdoctor_[A-Za-z0-9_]{1,100}")
PATH = Parameter(_path, {"type": "string", "pattern": "^/", "maxLength": PATH_MAXIMUM})
EQUIVALENT = Parameter(_equivalent, {"type": "string", "pattern": r"^/[\x21-\x7e]*$"})
PATTERN = Parameter(_pattern, {"type": "string", "pattern": r"^/[\x21-\x7e]*$", "maxLength": PATH_MAXIMUM})
FILE_TYPE = Parameter(_file_type, {"enum": list(FILE_TYPES)})
PROTOCOL = Parameter(_protocol, {"enum": list(PROTOCOLS)})
PORT = Parameter(_port, {"type": "integer", "minimum": 1, "maximum": 65535})
FLAG = Parameter(_flag, {"type": "boolean"})
SWITCH = Parameter(_switch, {"enum": ["on", "off"]})
TEXT = Parameter(_text, {"type": "string"})
