"""What a diagnosis suggests before it is made concrete: a remedy kind, and the parameters that this kind takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Mapping

if TYPE_CHECKING:  # a start needs no type of a parameter, only the checks that come before it do
    from typing import Literal, Tuple, TypedDict, Union, overload

    class ByHand(TypedDict, total=False):
        """What every kind takes: a rule pack's own title and reason, and steps in words."""

        title: str
        why: str
        steps: Union[str, Tuple[str, ...]]

    class Restorecon(ByHand, total=False):
        """`place` is the object; `tree` where the service's things are, for when the log has no path."""

        type: str
        place: str
        tree: str
        recursive: bool

    class Fcontext(ByHand, total=False):
        """Either a `type` for a `place`, or the place is to be `like` another directory."""

        type: str
        place: str
        like: str

    class ExecType(ByHand, total=False):
        """`of_caller`: nobody knows who starts the program; `itself`: it is read by its interpreter, not started."""

        type: str
        place: str
        of_caller: bool
        itself: bool

    class Move(ByHand, total=False):
        """From `place` to a directory."""

        place: str
        to: str

    class Boolean(ByHand, total=False):
        """One boolean, or the `settings` of a pair; `elsewhere`: not on this machine."""

        name: str
        value: bool
        settings: Tuple[Tuple[str, bool], ...]
        elsewhere: bool

    class Port(ByHand, total=False):
        """The type that the port of the denials gets."""

        type: str

    class ContainerLabel(ByHand, total=False):
        """The `level` that all containers share, where the file is to get it."""

        level: str

    class DomainTransition(ByHand, total=False):
        """`nnp`: NoNewPrivileges stopped it; `peer`: the other side of a socket; else a type for a program."""

        nnp: bool
        peer: bool
        domain: str
        type: str
        place: str

    class Dac(ByHand, total=False):
        """The file, its owner, group and mode; `writes`: reading is not enough."""

        path: str
        owner: str
        group: str
        mode: int
        writes: bool

    class Constraint(ByHand, total=False):
        """The field of the contexts that differs."""

        field: str

    class PackageUpdate(ByHand, total=False):
        """The package that brings the program's policy."""

        package: str

    class PolicyUpdate(ByHand, total=False):
        """`allowed_here`: the policy at hand has the rule."""

        allowed_here: bool

    class DontAudit(ByHand, total=False):
        """`hidden`: the policy has the rule."""

        hidden: bool

    class Module(ByHand, total=False):
        """`whole`: what the operation needs next belongs to it; a rule pack's yes lets a program be run."""

        whole: bool


@dataclass(frozen=True)
class Proposal:
    """A remedy kind and its parameters; which ones a kind takes is checked where a proposal is written."""

    kind: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    if TYPE_CHECKING:

        @overload
        def __init__(self, kind: Literal["restorecon"], parameters: Restorecon) -> None: ...
        @overload
        def __init__(self, kind: Literal["fcontext"], parameters: Fcontext) -> None: ...
        @overload
        def __init__(self, kind: Literal["exec-type"], parameters: ExecType) -> None: ...
        @overload
        def __init__(self, kind: Literal["move"], parameters: Move) -> None: ...
        @overload
        def __init__(self, kind: Literal["boolean"], parameters: Boolean) -> None: ...
        @overload
        def __init__(self, kind: Literal["port"], parameters: Port) -> None: ...
        @overload
        def __init__(self, kind: Literal["container-label"], parameters: ContainerLabel) -> None: ...
        @overload
        def __init__(self, kind: Literal["domain-transition"], parameters: DomainTransition) -> None: ...
        @overload
        def __init__(self, kind: Literal["dac"], parameters: Dac) -> None: ...
        @overload
        def __init__(self, kind: Literal["constraint"], parameters: Constraint) -> None: ...
        @overload
        def __init__(self, kind: Literal["package-update"], parameters: PackageUpdate) -> None: ...
        @overload
        def __init__(self, kind: Literal["policy-update"], parameters: PolicyUpdate = ...) -> None: ...
        @overload
        def __init__(self, kind: Literal["dontaudit"], parameters: DontAudit = ...) -> None: ...
        @overload
        def __init__(self, kind: Literal["module"], parameters: Module = ...) -> None: ...
        @overload
        def __init__(
            self, kind: Literal["app-fix", "mount-option", "keep-denied"], parameters: ByHand = ...
        ) -> None: ...
        def __init__(self, kind: str, parameters: Mapping[str, object] = ...) -> None: ...

    @classmethod
    def of_rule(cls, kind: str, parameters: Mapping[str, object]) -> Proposal:
        """What a rule pack proposes; the loader has checked its parameters."""
        return cls(kind, parameters)  # type: ignore[call-overload, no-any-return]  # checked when the pack was read
