"""The options that say what is read and who judges it, which explain, fleet and collect share."""

import functools
import inspect
from pathlib import Path
from typing import Any, Callable, List, NamedTuple, get_type_hints

from avcdoctor.cli import options


class Asked(NamedTuple):
    """Which policy judges what came when.

    Args:
        policy: a compiled policy to ask.
        root: an offline root.
        since: a time in ausearch's words or ISO 8601.
        until: likewise.
        rules: more directories with rule packs.
    """

    policy: options.PolicyFile = None
    root: options.Root = None
    since: options.Since = None
    until: options.Until = None
    rules: options.Rules = None

    @property
    def packs(self) -> List[Path]:
        """The further directories with rule packs."""
        return self.rules or []


def asking(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The same verb with an option for each field of `Asked`; it gets them as `asked`.

    Args:
        verb: a function with a keyword `asked`, which the command line never sees.
    """

    @functools.wraps(verb)
    def with_asked(*args: Any, **kwargs: Any) -> Any:
        return verb(*args, asked=Asked(**{name: kwargs.pop(name, None) for name in Asked._fields}), **kwargs)

    hints = get_type_hints(Asked, include_extras=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hints[name])
        for name in Asked._fields
    ]
    own = list(inspect.signature(verb).parameters.values())
    at = [one.name for one in own].index("asked")
    vars(with_asked)["__signature__"] = inspect.Signature([*own[:at], *more, *own[at + 1 :]])
    return with_asked
