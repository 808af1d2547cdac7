"""Our dataclasses behave as the standard library's do: each check is made on both."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any, Callable, ClassVar, List, Tuple

import pytest

from avcdoctor import records


@records.dataclass(frozen=True)
class Ours:
    """Has every kind of field that the project uses."""

    name: str
    count: int = 3
    parts: List[str] = dataclasses.field(default_factory=list)
    shared: ClassVar[str] = "of the class"


@dataclasses.dataclass(frozen=True)
class Theirs:
    """The same by the standard library."""

    name: str
    count: int = 3
    parts: List[str] = dataclasses.field(default_factory=list)
    shared: ClassVar[str] = "of the class"


BOTH = pytest.mark.parametrize("kind", [Ours, Theirs])


@BOTH
def test_objects_are_made_from_places_names_and_defaults(kind: Any) -> None:
    one = kind("a", parts=["x"])
    assert (one.name, one.count, one.parts, one.shared) == ("a", 3, ["x"], "of the class")
    assert kind("a").parts is not kind("a").parts
    for wrong in ((), ("a", 1, [], 4)):
        with pytest.raises(TypeError, match="__init__"):
            kind(*wrong)
    with pytest.raises(TypeError, match="unexpected keyword"):
        kind("a", size=1)


@BOTH
def test_objects_compare_by_their_values_and_only_within_their_class(kind: Any) -> None:
    other = Ours if kind is Theirs else Theirs
    assert kind("a") == kind("a", 3, [])
    assert kind("a") != kind("b")
    assert kind("a") != other("a")
    assert kind("a") != ("a", 3, [])


@BOTH
def test_the_librarys_functions_work(kind: Any) -> None:
    one = kind("a", 1, ["x"])
    assert dataclasses.replace(one, count=2) == kind("a", 2, ["x"])
    assert dataclasses.asdict(one) == {"name": "a", "count": 1, "parts": ["x"]}
    assert [field.name for field in dataclasses.fields(kind)] == ["name", "count", "parts"]
    assert repr(one) == f"{kind.__name__}(name='a', count=1, parts=['x'])"
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - our own


@BOTH
def test_a_frozen_object_stays_as_it_is(kind: Any) -> None:
    one = kind("a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name
    assert one.name == "a"


DECORATORS = pytest.mark.parametrize("decorated", [records.dataclass, dataclasses.dataclass])


@DECORATORS
def test_frozen_objects_can_be_hashed_and_others_not(decorated: Callable[..., Any]) -> None:
    @decorated(frozen=True)
    class Fixed:
        path: str
        types: Tuple[str, ...] = ()

    @decorated
    class Loose:
        path: str

    assert len({Fixed("/a"), Fixed("/a"), Fixed("/a", ("x_t",))}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Loose("/a"))
    loose = Loose("/a")
    loose.path = "/b"
    assert loose == Loose("/b")


@DECORATORS
def test_a_class_adds_to_what_it_inherits(decorated: Callable[..., Any]) -> None:
    @decorated(frozen=True)
    class Base:
        path: str

        def __post_init__(self) -> None:
            if not self.path:
                raise ValueError("no path")

    @decorated(frozen=True)
    class Named(Base):
        name: str = "n"

    assert repr(Named("/a", "b")).endswith("Named(path='/a', name='b')")
    assert Base("/a") != Named("/a")
    assert Named("/a") == Named("/a", "n")
    for kind in (Base, Named):
        with pytest.raises(ValueError, match="no path"):
            kind("")


@DECORATORS
def test_a_class_without_fields_has_equal_objects(decorated: Callable[..., Any]) -> None:
    @decorated(frozen=True)
    class Empty:
        pass

    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())
    assert repr(Empty()).endswith("Empty()")
