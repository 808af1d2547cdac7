"""Reviews what a machine carries besides its policy: local modules, permissive domains, booleans, ports, labels."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from avcdoctor.diagnose import words
from avcdoctor.errors import AvcdoctorError, PolicyError
from avcdoctor.host import Host, Policy
from avcdoctor.host.labels import Labels
from avcdoctor.host.local import Local, LocalContext, LocalPort, local
from avcdoctor.host.store import store_name
from avcdoctor.host.trial import as_shipped
from avcdoctor.knowledge import Knowledge, facts
from avcdoctor.knowledge.protected import is_secret
from avcdoctor.model import safe_text
from avcdoctor.review.judge import review
from avcdoctor.review.model import Judged, ModuleReview, Review
from avcdoctor.review.sources import read_module

_LITERAL = re.compile(r"(/(?:[^\\.*+?()\[\]{}|^$]|\\.)*)(\(/\.\*\)\?|/\.\*)?$")
_MODES = {"": 0, "--": 0o100000, "-d": 0o040000, "-l": 0o120000, "-s": 0o140000, "-p": 0o010000}
_CONTEXT_FILES = ("file_contexts", "file_contexts.homedirs", "file_contexts.subs_dist")


def review_machine(host: Host, known: Knowledge) -> Review:
    """Review every local module and setting of a machine, against its policy as it was shipped.

    Args:
        host: the machine, running or offline.
        known: the rule packs.

    Raises:
        PolicyError: there is no policy store, or the policy can't be built without the local parts.
    """
    name = store_name(host.files)
    if name is None:
        raise PolicyError("there is no policy store", "name the modules' files instead: avcdoctor review FILE")
    found = local(host.root, name, host.live)
    with as_shipped(host.root, name) as trial:
        if trial.policy is None:
            raise PolicyError(f"the policy can't be built without its local parts: {trial.refused}")
        trial.policy.name = f"the {name} policy without its local parts"
        host.__dict__["policy"] = trial.policy
        modules: List[ModuleReview] = []
        notes = [f"not read: {line}" for line in found.unread]
        if found.disabled:
            names = words.listing(map(safe_text, found.disabled), 6)
            notes.append(f"disabled modules, whose domains and labels the policy lacks (`semodule -e NAME`): {names}")
        for module in found.modules:
            try:
                modules.append(review(read_module(module.source, module.name), host, known))
            except AvcdoctorError as error:
                notes.append(f"module {safe_text(module.name)}: {error.message}")
        with _shipped_labels(host) as labels:
            settings = tuple(_settings(found, trial.policy, labels))
    return Review(trial.policy.name, tuple(modules), settings, tuple(notes))


class _shipped_labels:
    """The file contexts without the administrator's own, which lie in a file beside them."""

    def __init__(self, host: Host) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="avcdoctor-")
        self._labels = host.labels

    def __enter__(self) -> Optional[Labels]:
        if self._labels is None:
            return None
        for name in _CONTEXT_FILES:
            source = self._labels.path.with_name(name)
            if source.is_file() and not source.is_symlink():
                (Path(self._folder.name) / name).write_bytes(source.read_bytes())
        return Labels(Path(self._folder.name) / "file_contexts")

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def _settings(found: Local, policy: Policy, labels: Optional[Labels]) -> Iterator[Judged]:
    for name, value in found.booleans.items():
        yield _boolean(name, value, policy)
    for port in found.ports:
        yield _port(port, policy)
    for context in found.contexts:
        yield _context(context, labels)


def _boolean(name: str, value: bool, policy: Policy) -> Judged:
    text = f"boolean {name} is {'on' if value else 'off'}"
    if name not in policy.booleans:
        return Judged(text, "redundant", "the policy has no such boolean", "it decides nothing", kind="boolean")
    if policy.booleans[name] is value:
        return Judged(text, "redundant", "this is the policy's own value", "setting it changes nothing", kind="boolean")
    reach = policy.boolean_reach(name)
    wide = " and opens them widely" if value and facts.is_wide(name) else ""
    return Judged(text, "needed", f"it decides for {reach:,} domains{wide}", "it is not the policy's own value")


def _port(port: LocalPort, policy: Policy) -> Judged:
    ports = str(port.low) if port.low == port.high else f"{port.low}-{port.high}"
    text = f"port {port.protocol} {ports} is {port.type}"
    shipped = policy.port_types(port.protocol, port.low)
    same = [one for one in shipped if one[0] == port.type and one[1] <= port.low and port.high <= one[2]]
    means = f"programs that may use {port.type} may use these ports"
    delete = ("semanage", "port", "-d", "-p", port.protocol, ports)
    if not policy.has_type(port.type):
        return Judged(text, "redundant", means, f"the policy has no type {port.type}", commands=(delete,), kind="port")
    if same:
        return Judged(
            text, "redundant", means, "the policy types these ports so by itself", commands=(delete,), kind="port"
        )
    return Judged(text, "needed", means, "the policy has another type for it")


def _context(context: LocalContext, labels: Optional[Labels]) -> Judged:
    pattern = safe_text(context.pattern)
    text = f"file context {pattern} {context.file_type} is {context.type or '<<none>>'}".replace("  ", " ")
    means = f"restorecon gives {pattern} the type {context.type or 'it has'}"
    path = _example(context.pattern)
    if labels is None or not path:
        return Judged(text, "unknown", means, "the default label of that place is not known here")
    default = labels.default(path, _MODES.get(context.file_type, 0))
    if default is not None and default.type == context.type:
        why = f"the policy labels {safe_text(path)} so by itself"
        delete: Tuple[str, ...] = ("semanage", "fcontext", "-d", context.pattern)
        return Judged(text, "redundant", means, why, commands=(delete,), kind="fcontext")
    was = default.type if default is not None else "no label"
    if context.type and default is not None and is_secret(default.type) and context.type != default.type:
        why = f"the policy protects {safe_text(path)} as {default.type}; as {context.type} others may read it"
        return Judged(text, "dangerous", means, why, kind="fcontext")
    return Judged(text, "needed", means, f"the policy's own label is {was}")


def _example(pattern: str) -> str:
    """A path that a pattern stands for: what is literal in it, without the ending that means `and all below`."""
    match = _LITERAL.fullmatch(pattern)
    return re.sub(r"\\(.)", r"\1", match.group(1)) if match else ""
