"""A machine, running or offline, as the rest of avcdoctor sees it: facts that are looked up when first asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Iterator, Optional, Tuple

from avcdoctor.errors import PolicyError
from avcdoctor.host import reference
from avcdoctor.host.ask import Answer, Question, ask
from avcdoctor.host.choose import KERNEL_POLICY, Choice, choose, system_names
from avcdoctor.host.files import Files
from avcdoctor.host.labels import Labels
from avcdoctor.host.packages import Packages
from avcdoctor.host.policy import Policy
from avcdoctor.host.services import Services
from avcdoctor.host.sockets import Server, server_of
from avcdoctor.model import Context, PolicyInfo, safe_text
from avcdoctor.sources.roots import directory

POLICY_PACKAGES = ("selinux-policy-targeted", "selinux-policy-mls", "selinux-policy-minimum", "selinux-policy-default")


class Host:
    """Facts about one machine.

    Args:
        files: its files.
        live: it is the running host.
        choice: which policy is asked.
    """

    def __init__(self, files: Files, live: bool, choice: Choice) -> None:
        self.files = files
        self.root = files.root
        self.live = live
        self._choice = choice
        self._notes = list(choice.notes)
        self.report = files.report

    @cached_property
    def policy(self) -> Optional[Policy]:
        """The policy that is asked; None where not even the reference policy can be had.

        Raises:
            PolicyError: the host's own or the given policy is damaged.
        """
        return self._own or self.reference

    @cached_property
    def _own(self) -> Optional[Policy]:
        """The host's own or the given policy; a sosreport's may be there in part only, and is then as good as none."""
        if self._choice.path is None:
            return None
        try:
            return self._opened(self._choice.path, self._choice.name)
        except PolicyError as error:
            if self.report is None or self._choice.origin != "root":
                raise
            self._notes.append(f"{error}; answers come from avcdoctor's small reference policy")
            return None

    def _opened(self, path: Path, name: str) -> Policy:
        """A policy with the booleans and ports that a sosreport tells."""
        report = self.report
        return Policy(path, name, report.booleans, report.ports) if report else Policy(path, name)

    @property
    def mode(self) -> str:
        """enforcing, permissive or disabled, as far as a sosreport tells it; else empty."""
        return self.report.mode if self.report else ""

    def boolean(self, name: str) -> Optional[bool]:
        """The value that a boolean has there; None where that is not known."""
        told = self.report.booleans.get(name) if self.report else None
        return told if told is not None else self._own.booleans.get(name) if self._own else None

    def port_type(self, protocol: str, port: int) -> Optional[str]:
        """The type that a port has there; None where that is not known."""
        told = (
            [one for one in self.report.ports if one[0] == protocol and one[1] <= port <= one[2]] if self.report else []
        )
        if told:
            return min(told, key=lambda one: one.high - one.low).type
        entries = self._own.port_types(protocol, port) if self._own else ()
        return entries[0][0] if entries else None

    @property
    def loaded(self) -> bool:
        """Whether the policy that is asked is the one the running kernel has loaded."""
        return self._choice.origin == "host" and self._choice.path == Path(KERNEL_POLICY)

    def system(self, own_log: bool) -> Tuple[str, ...]:
        """The names of the system a log is about (os-release(5): ID, then ID_LIKE); empty where it is not known.

        Args:
            own_log: this machine wrote the log.
        """
        return self._names if own_log or not self.live else ()

    @cached_property
    def _names(self) -> Tuple[str, ...]:
        return system_names(self.files)

    @cached_property
    def reference(self) -> Optional[Policy]:
        """Our own small policy, for types that the policy at hand does not know; None where it can't be compiled."""
        try:
            return self._opened(reference.compiled(), "avcdoctor's reference policy")
        except PolicyError as error:
            self._notes.append(str(error))
            return None

    @cached_property
    def labels(self) -> Optional[Labels]:
        """The file contexts that go with the policy; None where there are none."""
        if self._choice.contexts is not None:
            return Labels(self._choice.contexts, self._choice.own)
        return self.reference_labels if self.by_reference else None

    def label_for(self, path: str, mode: int = 0) -> Optional[Context]:
        """The label that the file contexts give a path; None where they say nothing, or there are none.

        Args:
            path: absolute.
            mode: st_mode; only its file type counts, 0 stands for any.
        """
        own = self.own_label_for(path, mode)
        return own if own is not None or self.labels is None else self.labels.default(path, mode)

    def own_label_for(self, path: str, mode: int = 0) -> Optional[Context]:
        """The label that an administrator's file contexts give a path, as a sosreport without that file lists them."""
        return None if self._listed_labels is None else self._listed_labels.default(path, mode)

    @cached_property
    def _listed_labels(self) -> Optional[Labels]:
        whole = self._choice.contexts
        if self.report is None or (whole is not None and whole.with_name(f"{whole.name}.local").is_file()):
            return None
        listed = self.report.local_contexts
        return None if listed is None else Labels(listed)

    @cached_property
    def reference_labels(self) -> Optional[Labels]:
        """The file contexts of the reference policy."""
        path = reference.file_contexts()
        return None if path is None else Labels(path)

    @cached_property
    def packages(self) -> Packages:
        """The packages installed below the root."""
        return Packages(self.files, self.live)

    @cached_property
    def services(self) -> Services:
        """The service units below the root."""
        return Services(self.files)

    def server(self, path: str) -> Optional[Server]:
        """The process behind a local socket (raw path), where this machine runs."""
        return server_of(path) if self.live else None

    @property
    def by_reference(self) -> bool:
        """Whether the policy that is asked is our own one, which is no system's: what it lacks, a real one may have."""
        return self._own is None

    @property
    def policies(self) -> Iterator[Policy]:
        """The policy at hand, then the reference policy where that is another one."""
        own = self.policy
        if own is not None:
            yield own
        other = self.reference
        if other is not None and other is not own:
            yield other

    def ask(self, question: Question) -> Answer:
        """What the policy at hand says, or else the reference policy where that one knows the types."""
        return ask(question, self.policies)

    def policy_with(self, *types: str, tclass: str = "") -> Optional[Policy]:
        """The policy that knows all these types and the class: the one at hand, else the reference."""
        for policy in self.policies:
            if all(policy.has_type(name) for name in types) and (not tclass or policy.has_class(tclass)):
                return policy
        return None

    def _policy_package(self) -> Iterator[str]:
        """Which package brought the policy of a sosreport's machine."""
        for name in POLICY_PACKAGES if self.report is not None else ():
            found = self.packages.installed(name)
            if found is not None:
                yield f"the policy's package there is {safe_text(found.name)} {safe_text(found.version)}"

    @property
    def info(self) -> PolicyInfo:
        """Which policy the answers come from, and what to know about it."""
        policy = self.policy
        notes = (*self._notes, *self._policy_package(), *(self.report.notes() if self.report else ()))
        if policy is None:
            return PolicyInfo("none", "no policy", notes=notes)
        db = policy.db
        return PolicyInfo(
            origin="reference" if self.by_reference else self._choice.origin,
            name=f"{policy.name} (version {db.version})",
            path=str(policy.path),
            version=db.version,
            mls=db.mls,
            types=len(db.type_names),
            rules=db.rule_count,
            notes=notes,
        )


def _files_of(top: Path) -> Files:
    """The files of an offline root: of a sosreport only what it tells of them counts."""
    from avcdoctor.host.sosreport import ReportedFiles  # noqa: PLC0415 - most logs come without a root
    from avcdoctor.sources import sosreport  # noqa: PLC0415 - likewise

    return ReportedFiles(top) if sosreport.is_one(top) else Files(top)


def open_host(policy: Optional[str] = None, root: Optional[str] = None) -> Host:
    """Open the running host, or an offline root.

    Args:
        policy: a binary policy, "reference" for our own, or None for the host's (or the root's) own.
        root: the top of a mounted image or a sosreport, packed or not; None or "/" is the running host.

    Raises:
        InputError: the root is neither a directory nor an archive.
        PolicyError: a policy was named and can't be used.
    """
    top = directory(root)
    live = top == Path("/")
    files = Files(top) if live else _files_of(top)
    choice = choose(policy, files, live)
    if files.report is not None and choice.contexts is None:
        choice = replace(choice, contexts=files.report.contexts)
    host = Host(files, live, choice)
    if policy is not None and policy != "reference":
        _ = host.policy  # a damaged file is told at once
    return host
