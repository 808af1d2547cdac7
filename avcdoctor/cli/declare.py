"""Declares what a verb takes from the command line, in one form for every typer that distributions ship.

Before 0.9 typer knows no `Annotated`, and its parameter classes took their arguments in another order. So verbs write
`Annotated[type, option(...)]` with the two functions of this module, and `understood` rewrites that as plain types
with typer's objects as defaults, which each release from 0.7 on reads alike.
"""

import functools
import inspect
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Tuple

import typer


@dataclass(frozen=True)
class Declared:
    """An option or (without names) an argument, with typer's settings for it."""

    names: Tuple[str, ...]
    settings: Mapping[str, Any]


def option(*names: str, **settings: Any) -> Declared:
    """Declare an option.

    Args:
        names: how it is written, such as `--output` and `-o`.
        settings: `help`, `metavar` and whatever else typer.Option takes.
    """
    return Declared(names, settings)


def argument(**settings: Any) -> Declared:
    """Declare an argument.

    Args:
        settings: `help`, `metavar` and whatever else typer.Argument takes.
    """
    return Declared((), settings)


def understood(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, its parameters declared so that every typer understands them.

    Args:
        function: a verb; its parameters are annotated with `Annotated[type, option(...)]` or `argument(...)`.
    """
    parameters = [_rewritten(one) for one in inspect.signature(function).parameters.values()]

    @functools.wraps(function)
    def verb(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    vars(verb)["__signature__"] = inspect.Signature(parameters)
    del vars(verb)["__wrapped__"]  # typer must read these annotations, not those of the function within
    verb.__annotations__ = {one.name: one.annotation for one in parameters}
    return verb


def _rewritten(parameter: inspect.Parameter) -> inspect.Parameter:
    found = [one for one in getattr(parameter.annotation, "__metadata__", ()) if isinstance(one, Declared)]
    if not found:
        return parameter
    declared = found[0]
    make: Callable[..., Any] = typer.Option if declared.names else typer.Argument
    default = ... if parameter.default is parameter.empty else parameter.default
    return parameter.replace(
        annotation=parameter.annotation.__origin__, default=make(default, *declared.names, **declared.settings)
    )
