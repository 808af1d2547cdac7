"""One group of denials as the causes see it: the facts of its records, looked up once and kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import FrozenSet, Iterable, List, Mapping, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.access.operations import FILES
from avcdoctor.diagnose import words
from avcdoctor.diagnose.label import Meant, label_for
from avcdoctor.host import Answer, Host, Policy, Question
from avcdoctor.knowledge import Knowledge, facts
from avcdoctor.knowledge.domains import in_family
from avcdoctor.knowledge.schema import Service
from avcdoctor.model import Context, Denial, Group, Proposal, RuledOut, safe_text

MODES = {
    "file": 0o100000,
    "dir": 0o040000,
    "lnk_file": 0o120000,
    "sock_file": 0o140000,
    "fifo_file": 0o010000,
    "chr_file": 0o020000,
    "blk_file": 0o060000,
}
"""File type bits by class, as stat(2) has them and selabel_lookup(3) wants them."""

_PSEUDO_DEVICES = frozenset(
    {"proc", "sysfs", "sockfs", "pipefs", "anon_inodefs", "cgroup", "cgroup2", "devpts", "mqueue", "selinuxfs"}
    | {"debugfs", "tracefs", "securityfs", "bpf", "bpf_fs", "hugetlbfs", "nsfs", "binfmt_misc", "pidfs", "autofs"}
)
_PATH_MAX = 4096  # linux/limits.h


@dataclass(frozen=True)
class Diagnosis:
    """What one cause says of one group; diagnoses with the same `root` become one incident.

    Args:
        root: what makes two groups one incident, such as ("label", "/srv/www"); empty keeps the group alone.
        final: no other cause may add remedies (the right answer is no, or an allow rule can't help).
    """

    cause: str
    title: str
    why: str
    root: Tuple[str, ...] = ()
    evidence: Tuple[str, ...] = ()
    next: str = ""
    ruled_out: Tuple[RuledOut, ...] = ()
    proposals: Tuple[Proposal, ...] = ()
    never: Tuple[str, ...] = ()
    warnings: Tuple[str, ...] = ()
    see: Tuple[str, ...] = ()
    rule: Optional[str] = None
    final: bool = False


@dataclass
class Case:
    """A group with everything the causes ask about it."""

    group: Group
    host: Host
    knowledge: Knowledge
    others: Tuple[Group, ...] = field(default=())
    own_log: bool = False  # the host wrote the log, so that its files are those the log is about

    # What the records say

    @property
    def source(self) -> str:
        """The source type."""
        return self.group.source

    @property
    def target(self) -> str:
        """The target type."""
        return self.group.target

    @property
    def tclass(self) -> str:
        """The class."""
        return self.group.tclass

    @cached_property
    def permissions(self) -> FrozenSet[str]:
        """The permissions that were denied."""
        return frozenset(self.group.permissions)

    @cached_property
    def denial(self) -> Denial:
        """The example that tells most."""
        return max(self.group.examples, key=lambda one: (bool(one.raw_path), bool(one.paths), bool(one.syscall)))

    @cached_property
    def denials(self) -> Tuple[Denial, ...]:
        """The denials kept as examples."""
        return self.group.examples

    @cached_property
    def comm(self) -> str:
        """The first program name seen."""
        return next((one.comm for one in self.denials if one.comm), "")

    @cached_property
    def exe(self) -> str:
        """The first executable seen; a USER_AVC record names the one who asked the policy, not the one refused."""
        return next((one.exe for one in self.denials if one.exe and one.record_type != "USER_AVC"), "")

    @cached_property
    def program(self) -> str:
        """What to call the program in a sentence."""
        return self.comm or self.exe.rsplit("/", 1)[-1] or words.domain_name(self.source)

    @cached_property
    def paths(self) -> Tuple[str, ...]:
        """Distinct real absolute paths of the objects, as raw names."""
        found = (one.raw_path for one in self.denials if self._is_real(one))
        return tuple(dict.fromkeys(path for path in found if path))

    @cached_property
    def path(self) -> str:
        """The first real path, or nothing."""
        return self.paths[0] if self.paths else ""

    @cached_property
    def shown_path(self) -> str:
        """The best text for the object's path or name, real or not."""
        return next((one.path or one.name for one in self.denials if one.path or one.name), "")

    @cached_property
    def name(self) -> str:
        """The object's last component, as a raw name."""
        for one in self.denials:
            text = one.raw_path or one.raw_name or one.name
            if text:
                return text.rstrip("/").rsplit("/", 1)[-1]
        return ""

    @cached_property
    def shown_name(self) -> str:
        """The object's last component, as text."""
        return safe_text(self.name)

    @cached_property
    def is_pseudo(self) -> bool:
        """Whether the object has no label of its own on a disk (proc, sysfs, sockets, pipes, memory files, deleted)."""
        return bool(self.denials) and all(self._pseudo(one) for one in self.denials)

    def _is_real(self, denial: Denial) -> bool:
        return is_usable(denial.raw_path) and not self._pseudo(denial)

    @staticmethod
    def _pseudo(denial: Denial) -> bool:
        path = denial.path
        if denial.device in _PSEUDO_DEVICES or path.startswith(facts.paths("pseudo")) or path.endswith("(deleted)"):
            return True
        return bool(path) and (not path.startswith("/") or path.startswith(("/memfd:", "/SYSV", "/[")))

    @cached_property
    def port(self) -> Optional[int]:
        """The port of a socket denial."""
        return next((one.port for one in self.denials if one.port is not None), None)

    @cached_property
    def protocol(self) -> str:
        """The protocol of a socket class, such as "tcp"."""
        return self.tclass.split("_", 1)[0] if self.tclass.endswith("_socket") else ""

    @cached_property
    def source_context(self) -> Context:
        """The telling denial's source context."""
        return self.denial.source

    @cached_property
    def target_context(self) -> Context:
        """The telling denial's target context."""
        return self.denial.target

    @property
    def is_file(self) -> bool:
        """Whether the object is something in a file system."""
        return self.tclass in FILES

    @cached_property
    def permissive(self) -> bool:
        """Whether every denial was only logged."""
        return self.group.permissive == self.group.count and self.group.count > 0

    # What is known

    @cached_property
    def service(self) -> Optional[Service]:
        """The rule pack of the source's service."""
        return self.knowledge.service_of(self.source)

    @cached_property
    def policy(self) -> Optional[Policy]:
        """The policy that knows both types: the host's, else the reference; None when neither does."""
        return self.host.policy_with(self.source, self.target, tclass=self.tclass)

    @cached_property
    def source_policy(self) -> Optional[Policy]:
        """The policy that knows at least the source type."""
        return self.host.policy_with(self.source)

    @cached_property
    def answer(self) -> Answer:
        """What the policy that knows both types says of all that was denied, for the telling denial's contexts."""
        asked = replace(Question.of(self.group), contexts=((self.source_context, self.target_context),))
        return Answer(asked, self.policy)

    @cached_property
    def local(self) -> bool:
        """Whether a system's own policy is at hand and knows both types, so that its answers are about this log.

        Our reference policy is no system's: what it lacks, a real policy may have.
        """
        return self.policy is not None and self.policy is self.host.policy and not self.host.by_reference

    def allows(
        self, target: str, permissions: Optional[Iterable[str]] = None, tclass: str = "", source: str = ""
    ) -> Optional[bool]:
        """Whether the source may do all this to another type; None when no policy knows both."""
        wanted = self.permissions if permissions is None else frozenset(permissions)
        question = Question(source or self.source, target, tclass or self.tclass, wanted)
        return Answer(question, self.policy or self.source_policy).by_types

    def target_is(self, *groups: str) -> bool:
        """Whether the target type belongs to one of these groups of policies/facts/types.yaml."""
        return any(facts.in_group(self.target, group) for group in groups)

    def source_is(self, *families: str) -> bool:
        """Whether the source belongs to one of these families of policies/facts/domains.yaml."""
        return in_family(self.source, *families)

    def is_own(self, type_: str) -> bool:
        """Whether a type belongs to the source's service, by the rule packs or by its name."""
        if self.service and any(place.type == type_ for place in self.service.places):
            return True
        family = words.family(self.source)
        return bool(family) and (type_ == names.typed(family) or type_.startswith(f"{family}_"))

    def known_attribute(self, type_: str, attribute: str) -> Optional[bool]:
        """Whether a type has an attribute: by the policy at hand, else by the table of well-known members."""
        for policy in self.host.policies:
            if policy.has_type(type_) and policy.has_attribute(attribute):
                return attribute in policy.attributes(type_)
        members = facts.attribute_members(attribute)
        return type_ in members if members else None

    def default_label(self, path: str, tclass: str = "") -> Meant:
        """The type a path should have, and whether the label database at hand says so (else our own table)."""
        return label_for(self.host, path, MODES.get(tclass or self.tclass, 0), tables=not self.local)

    # How to say it

    @cached_property
    def object(self) -> str:
        """The object in words."""
        return words.object_text(self.denial, self.group)

    @cached_property
    def unit_program(self) -> str:
        """The program whose process systemd was just setting up, or nothing: its last letters stand in parentheses."""
        inner = self.comm[1:-1] if self.comm.startswith("(") and self.comm.endswith(")") else ""
        return "" if inner.startswith(("sd-", "systemd")) or not self.source_is("starter") else inner

    def described(self) -> str:
        """`comm may not VERB OBJECT`; before a unit's program is started it is systemd that acts."""
        script = words.script(self.denial)
        actor = f"systemd, to start {self.unit_program}," if self.unit_program else self.program
        actor = f"{script} ({self.program})" if script else actor
        return f"{actor} may not {words.verb(self.tclass, self.permissions)} {self.object}"

    def sentence_values(self) -> Mapping[str, str]:
        """What rule texts may name in braces."""
        shown = self.shown_path
        return {
            "comm": self.program,
            "exe": self.exe or self.program,
            "path": shown or "the object",
            "object": self.object,
            "name": self.shown_name or shown or "the object",
            "directory": shown.rsplit("/", 1)[0] if "/" in shown else "a directory the log does not name",
            "port": "" if self.port is None else str(self.port),
            "source": self.source,
            "target": self.target,
            "class": self.tclass,
            "permissions": " ".join(sorted(self.permissions)),
        }


def is_usable(path: str) -> bool:
    """Whether a path names one file for certain: absolute, not longer than a path can be, and without `..`.

    A PATH record keeps what the program asked for; `..` behind a symbolic link leads elsewhere than it looks.
    """
    return path.startswith("/") and len(path) < _PATH_MAX and ".." not in path.split("/")


def unique(items: Iterable[str]) -> List[str]:
    """The items without repetition, in order."""
    return list(dict.fromkeys(items))
