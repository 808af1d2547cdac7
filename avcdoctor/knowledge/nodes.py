"""Reads values out of YAML nodes and collects every error with its line and column."""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Sequence, Tuple

import yaml

from avcdoctor.knowledge.expressions import slow
from avcdoctor.knowledge.schema import RuleProblem

_DEEPEST = 32
"""Levels of nesting in a rule pack; ours have eight."""


def compose(text: str) -> Optional[yaml.Node]:
    """Parse YAML into nodes without constructing any object.

    libyaml is ten times faster and worth it, since every start reads all packs; errors are told in the words of
    PyYAML's own parser, which are the same on every machine.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    _check_depth(text)
    for parser in (getattr(yaml, "CSafeLoader", None), yaml.SafeLoader):
        if parser is None:  # PyYAML was built without libyaml
            continue
        loader = parser(text)
        try:
            node = loader.get_single_node()
        except yaml.YAMLError:
            if parser is yaml.SafeLoader:
                raise
        else:
            return node if isinstance(node, yaml.Node) else None
        finally:
            loader.dispose()
    return None


def _check_depth(text: str) -> None:
    """See that composing does not go deeper than a parser in C can: events come one by one, at any depth.

    Raises:
        yaml.YAMLError: it would, or the text is not YAML.
    """
    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            problem = f"nested deeper than {_DEEPEST} levels"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


class Reader:
    """Turns nodes into checked values; a wrong node gives an error and an empty value, never an exception."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: List[RuleProblem] = []

    def fail(self, node: Optional[yaml.Node], message: str) -> None:
        """Note an error at a node."""
        line, column = (node.start_mark.line + 1, node.start_mark.column + 1) if node is not None else (1, 1)
        self.problems.append(RuleProblem(self.file, line, column, message))

    def mapping(
        self, node: Optional[yaml.Node], known: Sequence[str], required: Sequence[str] = ()
    ) -> Dict[str, yaml.Node]:
        """The pairs of a mapping; unknown, doubled and missing keys are errors."""
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, "a mapping (name: value) is needed here")
            return {}
        pairs: Dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
            if key in pairs:
                self.fail(key_node, f"{key!r} stands here twice")
            elif key not in known:
                self.fail(key_node, f"unknown field {key!r}; known are {', '.join(known)}")
            else:
                pairs[key] = value
        for name in required:
            if name not in pairs:
                self.fail(node, f"{name!r} is missing")
        return pairs

    def peek(self, node: yaml.Node, name: str) -> Optional[yaml.Node]:
        """One value of a mapping, without checking the rest."""
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        return next((value for key, value in pairs if isinstance(key, yaml.ScalarNode) and key.value == name), None)

    def sequence(self, node: Optional[yaml.Node]) -> List[yaml.Node]:
        """The items of a list; nothing for a missing node."""
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, "a list is needed here")
            return []
        return list(node.value)

    def text(self, node: Optional[yaml.Node]) -> str:
        """A scalar as text, with folded white space; empty for a missing node."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, "a plain value is needed here")
            return ""
        return str(node.value).strip()

    def texts(self, node: Optional[yaml.Node]) -> Tuple[str, ...]:
        """A scalar or a list of scalars, as a tuple of texts."""
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.text(item) for item in node.value)
        return (self.text(node),) if node is not None else ()

    def flag(self, node: Optional[yaml.Node], default: bool) -> bool:
        """`true`/`on`/`yes` or `false`/`off`/`no`."""
        if node is None:
            return default
        word = self.text(node).lower()
        if word not in ("true", "on", "yes", "false", "off", "no"):
            self.fail(node, f"on or off is needed here, not {word!r}")
        return word in ("true", "on", "yes")

    def choice(self, node: Optional[yaml.Node], allowed: Sequence[str]) -> str:
        """A text that must be one of those allowed."""
        word = self.text(node)
        if node is not None and word not in allowed:
            self.fail(node, f"{word!r} is not one of {', '.join(allowed)}")
        return word

    def expression(self, node: yaml.Node, pattern: str) -> bool:
        """Check that a regular expression compiles and that no text makes it slow; whether it may be used."""
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            self.fail(node, f"not a regular expression: {error}")
            return False
        danger = slow(pattern)
        if danger:
            self.fail(node, f"an expression that some text makes slow: {danger}")
        return not danger
