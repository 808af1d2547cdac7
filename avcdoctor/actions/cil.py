"""What a local module allows: reads the few CIL statements such a module may hold and refuses every other one."""

from __future__ import annotations

import re
from typing import FrozenSet, List, NamedTuple, Sequence, Tuple, Union

from avcdoctor.errors import PlanError
from avcdoctor.model import safe_text

MODULE_NAME = re.compile(r"avcdoctor_[A-Za-z0-9_]{1,100}")
_TOKEN = re.compile(r"\s+|;[^\n]*|(\()|(\))|\"[^\"]*\"|([^\s()\";]+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NUMBER = re.compile(r"0x[0-9A-Fa-f]{1,8}|0|[1-9][0-9]{0,9}")
_MAXIMUM_SIZE = 1 << 20
_RULES = {"allow": "allow", "dontaudit": "dontaudit"}
_EXTENDED = {"allowx": "allow", "dontauditx": "dontaudit"}

Node = Union[str, List["Node"]]


class Access(NamedTuple):
    """One access rule.

    Args:
        effect: "allow" or "dontaudit".
        target: "self" where the rule says so.
        ioctls: the CIL text of an extended rule's numbers.
        numbers: these numbers as (low, high) ranges; none of an expression such as `not`.
    """

    effect: str
    source: str
    target: str
    tclass: str
    permissions: FrozenSet[str]
    ioctls: str = ""
    numbers: Tuple[Tuple[int, int], ...] = ()

    def __str__(self) -> str:
        words = " ".join(sorted(self.permissions))
        numbers = f" {self.ioctls}" if self.ioctls else ""
        return f"{self.effect} {self.source} {self.target}:{self.tclass} {{ {words} }}{numbers};"


def accesses(source: str) -> Tuple[Access, ...]:
    """Every access a module's CIL text gives.

    Args:
        source: CIL as in `(allow keepalived_t ping_exec_t (file (getattr open)))`.

    Raises:
        PlanError: the text holds anything but allow and dontaudit rules (plain or for ioctl numbers) between named
            types, or `cil_gen_require` lists. So no module that passes can make a domain permissive, add a type to
            an attribute, or change a transition.
    """
    if len(source) > _MAXIMUM_SIZE:
        raise PlanError("the module is larger than 1 MiB", "a local module holds a few rules")
    if not source.isascii():
        raise PlanError("the module holds other characters than ASCII", "names in a policy are ASCII")
    found = []
    for statement in _parse(source):
        if isinstance(statement, str) or not statement or not isinstance(statement[0], str):
            raise PlanError(f"the module holds something that is no statement: {_show(statement)}")
        keyword = statement[0]
        if keyword in _RULES:
            found.append(_rule(statement))
        elif keyword in _EXTENDED:
            found.append(_extended_rule(statement))
        elif not (len(statement) == 3 and statement[1] == "cil_gen_require" and keyword.endswith("attributeset")):
            raise PlanError(
                f"the module holds a statement that avcdoctor never loads: {_show(statement)}",
                "only allow and dontaudit rules between named types",
            )
    return tuple(found)


def check_module(name: str, source: str) -> Tuple[Access, ...]:
    """The accesses of a module that may be installed under `name`.

    Raises:
        PlanError: the name could hide a module of the policy, the text is not acceptable, or it holds no rule.
    """
    if not MODULE_NAME.fullmatch(name):
        raise PlanError(f"{safe_text(name)!r} is no name for a local module", "such names start with avcdoctor_")
    rules = accesses(source)
    if not rules:
        raise PlanError(f"the module {name} holds no rule")
    return rules


def _rule(statement: List[Node]) -> Access:
    source, target, body = _three(statement)
    if not (isinstance(body, list) and len(body) == 2 and isinstance(body[0], str) and isinstance(body[1], list)):
        raise PlanError(f"the module holds a rule that can't be read: {_show(statement)}")
    permissions = frozenset(_name(item) for item in body[1])
    if not permissions:
        raise PlanError(f"the module holds a rule without permissions: {_show(statement)}")
    return Access(_RULES[str(statement[0])], source, target, _name(body[0]), permissions)


def _extended_rule(statement: List[Node]) -> Access:
    source, target, body = _three(statement)
    if not (isinstance(body, list) and len(body) == 3 and body[0] == "ioctl"):
        raise PlanError(f"the module holds a rule that can't be read: {_show(statement)}")
    effect = _EXTENDED[str(statement[0])]
    return Access(effect, source, target, _name(body[1]), frozenset({"ioctl"}), _show(body[2]), _numbers(body[2]))


def _numbers(node: Node) -> Tuple[Tuple[int, int], ...]:
    """The ranges of `(0x5401 (range 0x1100 0x11ff))`."""
    found: List[Tuple[int, int]] = []
    for one in node if isinstance(node, list) else ():
        ends = one[1:] if isinstance(one, list) and len(one) == 3 and one[0] == "range" else [one, one]
        if not all(isinstance(end, str) and _NUMBER.fullmatch(end) for end in ends):
            return ()
        found.append((int(str(ends[0]), 0), int(str(ends[1]), 0)))
    return tuple(found)


def _three(statement: List[Node]) -> Tuple[str, str, Node]:
    if len(statement) != 4:
        raise PlanError(f"the module holds a rule that can't be read: {_show(statement)}")
    return _name(statement[1]), _name(statement[2]), statement[3]


def _name(node: Node) -> str:
    if not isinstance(node, str) or not _NAME.fullmatch(node) or node == "all":
        raise PlanError(f"the module holds {_show(node)} where a name belongs")
    return node


def _parse(source: str) -> List[Node]:
    top: List[Node] = []
    stack = [top]
    position = 0
    while position < len(source):
        token = _TOKEN.match(source, position)
        if token is None:
            raise PlanError(f"the module can't be read at character {position}")
        position = token.end()
        if token.group(1):
            opened: List[Node] = []
            stack[-1].append(opened)
            stack.append(opened)
        elif token.group(2):
            if len(stack) == 1:
                raise PlanError(f"the module closes a bracket too many at character {position}")
            stack.pop()
        elif token.group(3):
            stack[-1].append(token.group(3))
        elif token.group(0).startswith('"'):
            stack[-1].append(token.group(0))
    if len(stack) != 1:
        raise PlanError("the module leaves a bracket open")
    return top


def _show(node: Union[Node, Sequence[Node]]) -> str:
    """A statement as one line, cut to what fits in a message; the depth is bounded by what `_parse` was given."""
    words: List[str] = []
    pending: List[Union[Node, Sequence[Node]]] = [node]
    while pending and len(words) < 40:
        item = pending.pop()
        if isinstance(item, str):
            words.append(item)
        else:
            pending.append(")")
            pending.extend(reversed(item))
            pending.append("(")
    return safe_text(" ".join(words).replace("( ", "(").replace(" )", ")"))
