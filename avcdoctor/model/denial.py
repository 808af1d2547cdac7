"""A denial: one record of an access that was refused, with its contexts and what its event adds.

Every string is text (see `avcdoctor.model.text`) but `raw` names, which name an object as the system does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, NamedTuple, Optional, Tuple

from avcdoctor.model.text import safe_text

KERNEL, MANAGER, TEXT = "kernel", "manager", "text"
PROVENANCES = (KERNEL, MANAGER, TEXT)
"""Who tells a denial: the kernel (the raw trail, or what the journal vouches for), an object manager that is known, or
a text that anybody could have written (syslog, interpreted output, pastes). A fix acts on the first two."""


class Context(NamedTuple):
    """A security context; `level` is empty on systems without MLS. Where no record has it, it is `NOT_TOLD`."""

    user: str
    role: str
    type: str
    level: str = ""

    @classmethod
    def parse(cls, text: str) -> Context:
        """Split `user:role:type[:level]`.

        Raises:
            ValueError: fewer than three fields, or an empty one.
        """
        parts = text.split(":", 3)
        if len(parts) < 3 or not all(parts[:3]):
            raise ValueError(f"not a security context: {safe_text(text)!r}")
        return cls(*parts)

    def __str__(self) -> str:
        return ":".join(part for part in self if part)

    def with_type(self, type_: str) -> Context:
        """The same context with another type."""
        return self._replace(type=type_)

    @property
    def told(self) -> bool:
        """Whether the record has it; False for `NOT_TOLD`."""
        return bool(self.type)


NOT_TOLD = Context("", "", "")
"""The context of a denial whose text names none, as sentences of other programs do. No policy can be asked about it."""


class EventId(NamedTuple):
    """What records of one event share. `milliseconds` (since the epoch) and `serial` are None where a log has none."""

    node: str = ""
    milliseconds: Optional[int] = None
    serial: Optional[int] = None


@dataclass(frozen=True)
class PathRecord:
    """A PATH record: one file the system call touched, as it was at the time of the event."""

    name: str
    raw: str
    nametype: str = ""
    mode: Optional[int] = None
    owner: str = ""
    group: str = ""
    context: str = ""
    device: str = ""
    inode: Optional[int] = None


@dataclass(frozen=True)
class Denial:
    """One AVC, USER_AVC or SELINUX_ERR record with what its event adds.

    Every string is text (see the module's first lines) but `raw_path` and `raw_name`, which name the object as the
    system does. `fields` holds the record's remaining fields as text, by their names in the record.
    """

    event: EventId
    record_type: str
    permissions: Tuple[str, ...]
    source: Context
    target: Context
    tclass: str
    permissive: Optional[bool] = None
    pid: Optional[int] = None
    comm: str = ""
    exe: str = ""
    path: str = ""
    raw_path: str = ""
    name: str = ""
    raw_name: str = ""
    device: str = ""
    inode: Optional[int] = None
    port: Optional[int] = None
    protocol: str = ""
    capability: Optional[int] = None
    ioctl: Optional[int] = None
    invalid_source: str = ""  # srawcon=: the context as stored, which the policy does not know
    invalid_target: str = ""  # trawcon=: likewise
    syscall: str = ""
    exit: str = ""  # errno name such as EACCES, or the number as it stood
    success: Optional[bool] = None
    uid: str = ""
    cwd: str = ""
    proctitle: Tuple[str, ...] = ()
    execve: Tuple[str, ...] = ()
    paths: Tuple[PathRecord, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    raw: Tuple[str, ...] = ()  # the records as they stood, as text
    provenance: str = TEXT  # one of `PROVENANCES`
