"""The filters that explain, fix and tail share: declared once, handed to the verb as one value."""

import functools
import inspect
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Callable, List, Optional, Sequence

from avcdoctor.cli.declare import option
from avcdoctor.errors import UsageError
from avcdoctor.gate.filters import NAMES, Filters, unknown_kind
from avcdoctor.gate.filters import option as written
from avcdoctor.model import REMEDY_KINDS, safe_text

_HELP = {
    "source": ("TYPE", "Only denials of this source type; * and ? as in a shell, and more than once."),
    "target": ("TYPE", "Only denials of this target type."),
    "tclass": ("CLASS", "Only denials of this class, such as file."),
    "process": ("COMM", "Only denials of this program."),
    "path": ("PATH", "Only denials of this path, name or port."),
    "node": ("HOST", "Only denials of this host."),
    "cause": ("ID", "Only incidents of this cause, such as wrong-label."),
    "rule": ("ID", "Only incidents of this rule, such as KEEPALIVED001."),
    "remedy_kind": ("KIND", "Only incidents whose first remedy is of this kind."),
    "incident": ("ID", "Only this incident, or those whose ids begin so; may be given more than once."),
}


def filtered(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The same verb with an option for each filter; it gets them as `filters`.

    Args:
        verb: a function with a keyword `filters`, which the command line never sees.
    """

    @functools.wraps(verb)
    def with_filters(*args: Any, **kwargs: Any) -> Any:
        chosen = {name: tuple(kwargs.pop(name, None) or ()) for name in NAMES}
        filters = Filters(**chosen)
        if unknown_kind(filters):
            kinds = ", ".join(REMEDY_KINDS)
            raise UsageError(f"there is no remedy kind {unknown_kind(filters)!r}", f"one of: {kinds}")
        for pattern in filters.cause:
            _check_cause(pattern, kwargs.get("rules") or ())
        return verb(*args, filters=filters, **kwargs)

    own = [one for one in inspect.signature(verb).parameters.values() if one.name != "filters"]
    more = [_parameter(name) for name in NAMES]
    vars(with_filters)["__signature__"] = inspect.Signature([*own, *more])
    return with_filters


def _check_cause(pattern: str, rules: Sequence[Path]) -> None:
    """See that a cause of that id can be found at all: a filter with a slip in it would find nothing, and a gate pass.

    Args:
        pattern: as it was given.
        rules: further directories with rule packs, which may bring causes of their own.

    Raises:
        UsageError: there is none.
    """
    from avcdoctor.diagnose.registry import pages  # noqa: PLC0415 - only for those who ask

    if any(fnmatchcase(one, pattern) for one in pages()):
        return
    from difflib import get_close_matches  # noqa: PLC0415 - likewise

    from avcdoctor import api  # noqa: PLC0415 - likewise

    known = {*pages(), *(rule.cause for rule in api.knowledge(rules).rules)}
    if not any(fnmatchcase(one, pattern) for one in known):
        meant = get_close_matches(pattern, sorted(known), 1)
        words = f"there is no cause {safe_text(pattern)!r}" + (f". Did you mean {meant[0]!r}?" if meant else "")
        raise UsageError(words, "`avcdoctor rules` lists all")


def _parameter(name: str) -> inspect.Parameter:
    metavar, help_ = _HELP[name]
    annotation = Annotated[Optional[List[str]], option(f"--{written(name)}", metavar=metavar, help=help_)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
