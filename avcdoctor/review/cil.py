"""Reads CIL as libsepol's grammar has it, and gives the access rules and every other statement of a module.

The source is secilc's CIL reference guide: statements are lists whose first word is a keyword; `block`, `in`,
`optional`, `booleanif` and `tunableif` hold further statements; `call` puts arguments into a `macro`.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Sequence, Set, Tuple, Union

from avcdoctor.errors import InputError
from avcdoctor.model import safe_text
from avcdoctor.review.model import Module, Rule, Statement

Node = Union[str, List["Node"]]

_TOKEN = re.compile(r"[ \t\r\n\f\v]+|;[^\n]*|(\()|(\))|(\"[^\"\n]*\")|([^\s()\";]+)")
_EFFECTS = {
    "allow": "allow",
    "dontaudit": "dontaudit",
    "auditallow": "auditallow",
    "neverallow": "neverallow",
    "allowx": "allow",
    "dontauditx": "dontaudit",
    "auditallowx": "auditallow",
    "neverallowx": "neverallow",
}
_HOLDERS = frozenset({"block", "in", "optional"})
_CONDITIONS = frozenset({"booleanif", "tunableif"})
_DECLARES = frozenset({"type", "typeattribute"})
_QUIET = frozenset(
    {"type", "typeattribute", "role", "user", "roletype", "roleattribute", "class", "classorder", "common"}
)
MAXIMUM_SIZE = 16 << 20  # bytes of one module; the largest that a distribution ships has 2 MB
_MAXIMUM_DEPTH = 64
_MAXIMUM_STATEMENTS = 200_000
_MAXIMUM_CALLS = 20_000  # macros may call each other, each of them twice
_MOST_SHOWN = 60  # words of a statement in a message


class _State(NamedTuple):
    rules: List[Rule]
    statements: List[Statement]
    declared: Set[str]
    macros: Dict[str, List[Node]]
    permissions: Dict[str, Tuple[str, Node]]
    calls: List[str]


def module_of(name: str, source: str, language: str = "cil") -> Module:
    """Read a module's CIL text.

    Args:
        name: what to call it.
        source: CIL text.
        language: the language it was written in before it became CIL.

    Raises:
        InputError: brackets that don't match, nesting deeper than 64, or more than 200,000 statements.
    """
    top = parse(source, name)
    state = _State([], [], set(), {}, {}, [])
    for node in _inside(top):
        if isinstance(node, list) and len(node) > 2 and isinstance(node[1], str):
            if node[0] == "macro":
                state.macros[node[1]] = node
            elif node[0] == "classpermissionset" and isinstance(node[2], list) and len(node[2]) == 2:
                state.permissions[node[1]] = (str(node[2][0]), node[2][1])
            elif node[0] in _DECLARES:
                state.declared.add(node[1])
        if isinstance(node, list) and len(node) == 2 and node[0] in _DECLARES and isinstance(node[1], str):
            state.declared.add(node[1])
    _statements(top, state, "", 0)
    return Module(name, language, tuple(state.rules), tuple(state.statements), frozenset(state.declared))


def parse(source: str, name: str = "the module") -> List[Node]:
    """Parse CIL into nested lists.

    Raises:
        InputError: brackets that don't match, or nesting deeper than 64.
    """
    shown = safe_text(name)
    if len(source) > MAXIMUM_SIZE:
        raise InputError(
            f"{shown} is larger than {MAXIMUM_SIZE >> 20} MiB", "no module of a distribution is that large"
        )
    top: List[Node] = []
    stack = [top]
    position = 0
    while position < len(source):
        token = _TOKEN.match(source, position)
        if token is None:
            line = source.count("\n", 0, position) + 1
            raise InputError(f"{shown}, line {line}: a quotation mark without its other half", "it is no CIL")
        position = token.end()
        if token.group(1):
            opened: List[Node] = []
            stack[-1].append(opened)
            stack.append(opened)
            if len(stack) > _MAXIMUM_DEPTH:
                raise InputError(f"{shown} is nested deeper than {_MAXIMUM_DEPTH} brackets", "it is no policy module")
        elif token.group(2):
            if len(stack) == 1:
                line = source.count("\n", 0, position) + 1
                raise InputError(f"{shown}, line {line}: a closing bracket too many", "it is no CIL")
            stack.pop()
        elif token.group(3) or token.group(4):
            stack[-1].append(token.group(3) or token.group(4))
    if len(stack) != 1:
        raise InputError(f"{shown} ends with an open bracket", "it is cut off, or no CIL")
    return top


def _inside(nodes: Sequence[Node]) -> Iterator[Node]:
    """Every statement, those inside blocks included."""
    pending: List[Node] = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, list) and node and node[0] in _HOLDERS:
            pending.extend(reversed(node[2:]))


def _statements(nodes: Sequence[Node], state: _State, condition: str, depth: int) -> None:
    if depth > _MAXIMUM_DEPTH:
        raise InputError("macros of the module call each other without end", "it is no policy module")
    for node in nodes:
        if len(state.rules) + len(state.statements) > _MAXIMUM_STATEMENTS:
            raise InputError(f"the module holds more than {_MAXIMUM_STATEMENTS:,} rules", "review it in parts")
        if not isinstance(node, list) or not node or not isinstance(node[0], str):
            state.statements.append(Statement("?", shown(node)))
            continue
        keyword = node[0]
        if keyword in _EFFECTS:
            _rule(node, state, condition)
        elif keyword in _HOLDERS:
            _statements(node[2:], state, condition, depth + 1)
        elif keyword in _CONDITIONS and len(node) > 1:
            _conditional(node, state, condition, depth)
        elif keyword == "call" and len(node) > 1 and isinstance(node[1], str) and node[1] in state.macros:
            _call(node, state, condition, depth)
        elif keyword == "macro" or keyword in _QUIET or keyword in ("classpermission", "classpermissionset"):
            continue
        elif not (len(node) == 3 and node[1] == "cil_gen_require"):
            state.statements.append(Statement(keyword, shown(node)))


def _conditional(node: List[Node], state: _State, condition: str, depth: int) -> None:
    expression = shown(node[1])
    for branch in node[2:]:
        if isinstance(branch, list) and branch and branch[0] in ("true", "false"):
            own = expression if branch[0] == "true" else f"(not {expression})"
            _statements(branch[1:], state, f"(and {condition} {own})" if condition else own, depth + 1)


def _call(node: List[Node], state: _State, condition: str, depth: int) -> None:
    macro = state.macros[str(node[1])]
    state.calls.append(str(node[1]))
    if len(state.calls) > _MAXIMUM_CALLS:
        raise InputError(f"the module calls macros more than {_MAXIMUM_CALLS:,} times", "it is no policy module")
    given = node[2] if len(node) > 2 and isinstance(node[2], list) else []
    wanted = macro[2] if isinstance(macro[2], list) else []
    names = {str(one[1]): value for one, value in zip(wanted, given) if isinstance(one, list) and len(one) == 2}
    _statements([_with(one, names) for one in macro[3:]], state, condition, depth + 1)


def _with(node: Node, names: Mapping[str, Node]) -> Node:
    if isinstance(node, str):
        return names.get(node, node)
    return [_with(one, names) for one in node]


def _rule(node: List[Node], state: _State, condition: str) -> None:
    effect, extended = _EFFECTS[str(node[0])], str(node[0]).endswith("x")
    body = node[3] if len(node) == 4 else None
    if isinstance(body, str) and body in state.permissions:
        body = list(state.permissions[body])
    source, target = (node[1], node[2]) if len(node) == 4 else ("", "")
    if not isinstance(source, str) or not isinstance(target, str) or not isinstance(body, list):
        state.statements.append(Statement(str(node[0]), shown(node)))
    elif extended and len(body) == 3 and isinstance(body[1], str):
        state.rules.append(Rule(effect, source, target, body[1], frozenset({"ioctl"}), shown(body[2]), condition))
    elif not extended and len(body) == 2 and isinstance(body[0], str) and isinstance(body[1], list):
        state.rules.append(Rule(effect, source, target, body[0], _permissions(body[1]), "", condition))
    else:
        state.statements.append(Statement(str(node[0]), shown(node)))


def _permissions(nodes: List[Node]) -> frozenset[str]:
    """The permissions named; an expression such as (not (read)) or (all) stays as one word, its CIL text."""
    if len(nodes) == 1 and isinstance(nodes[0], list):
        return frozenset({shown(nodes[0])})
    if nodes and nodes[0] in ("and", "or", "not", "xor", "all"):
        return frozenset({"all"}) if nodes == ["all"] else frozenset({shown(nodes)})
    return frozenset(one if isinstance(one, str) else shown(one) for one in nodes)


def shown(node: Node) -> str:
    """A statement on one line, safe to show and cut to what fits in a message."""
    words: List[str] = []
    pending: List[Node] = [node]
    while pending and len(words) < _MOST_SHOWN:
        item = pending.pop()
        if isinstance(item, str):
            words.append(item)
        else:
            pending.append(")")
            pending.extend(reversed(item))
            pending.append("(")
    text = " ".join(words).replace("( ", "(").replace(" )", ")")
    return safe_text(text + (" ..." if pending else ""))
