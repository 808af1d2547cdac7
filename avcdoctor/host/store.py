"""The policy store, through libsemanage: reads local customisations and writes many of them in one transaction."""

from __future__ import annotations

import bz2
import fcntl
import importlib
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Sequence, Tuple

from avcdoctor.errors import AvcdoctorError, BindingError, PolicyError
from avcdoctor.host import equivalences, store_backup
from avcdoctor.host.files import Files
from avcdoctor.host.items import MODULE_PRIORITY, Edit, Item
from avcdoctor.host.offline import problems_of
from avcdoctor.host.records import LISTS, WRITERS, active
from avcdoctor.signals import undisturbed
from avcdoctor.sources.regular import MOST_BYTES, read_regular
from avcdoctor.system import install

_bound: Dict[str, Path] = {}  # the one store of this process
_CHATTER = ("not in password file", "Removing last ")  # remarks of libsemanage that are no errors


class StoreError(AvcdoctorError):
    """libsemanage refused a transaction; the store is as it was."""

    exit_code = 5


class PolicyStore:
    """The store of one policy type on one machine.

    Args:
        root: "/" for the running host, or the top of an offline root.
        name: the policy type, such as "targeted" or "default"; its store is /var/lib/selinux/NAME.
        live: the root is the running host, so that a commit loads the policy into the kernel.
    """

    def __init__(self, root: Path, name: str, live: bool) -> None:
        self.root = root
        self.name = name
        self.live = live
        self.directory = root / "var/lib/selinux" / name

    def read(self, items: Iterable[Item]) -> Dict[Item, Optional[str]]:
        """The local value of each item; None where there is no local customisation of it.

        Values are what `Edit` describes. A module that is not CIL reads as "(not CIL)".

        Raises:
            PolicyError: the store can't be read.
            BindingError: python3-semanage is not installed.
        """
        wanted = list(items)
        found: Dict[Item, Optional[str]] = dict.fromkeys(wanted)
        kinds = {item.kind for item in wanted}
        if kinds & {"fcontext", "port", "boolean"}:
            with self._session() as (api, handle):
                for kind in kinds & set(LISTS):
                    listed = LISTS[kind](api, handle)
                    found.update({item: listed.get(item) for item in wanted if item.kind == kind})
        for item in wanted:
            if item.kind == "module":
                found[item] = self._module(item.key[0])
            elif item.kind == "equivalence":
                found[item] = equivalences.read(self._subs).get(item.key[0])
            elif item.kind == "boolean-active":
                found[item] = active(item.key[0]) if self.live else None
        return found

    def listing(self, kind: str) -> Dict[Item, str]:
        """All local customisations of a kind: "fcontext", "port", "boolean", "equivalence" or "module"."""
        if kind == "equivalence":
            return {Item(kind, (path,)): like for path, like in equivalences.read(self._subs).items()}
        if kind == "module":
            folder = self.directory / f"active/modules/{MODULE_PRIORITY}"
            names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
            return {Item(kind, (name,)): self._module(name) or "" for name in names}
        with self._session() as (api, handle):
            return LISTS[kind](api, handle)

    def commit(self, edits: Sequence[Edit], rebuild: bool = False) -> None:
        """Make every edit in one transaction; afterwards all of them hold, or none.

        Args:
            rebuild: link the policy anew even if nothing was edited, after a commit that was cut short.

        Raises:
            StoreError: libsemanage refused; the message holds what it said.
        """
        inner = [edit for edit in edits if edit.item.kind != "equivalence"]
        outer = {edit.item.key[0]: edit.value for edit in edits if edit.item.kind == "equivalence"}
        before = equivalences.change(self._subs, outer) if outer else None
        if not inner and not rebuild:
            return
        if self.damaged:
            raise StoreError(f"the policy store {self.directory} was left damaged", "avcdoctor undo puts it back")
        with undisturbed():  # libsemanage, interrupted, would leave its directories behind
            store_backup.keep(self.directory)
            try:
                self._commit(inner, rebuild)
            except BaseException:
                store_backup.drop(self.directory)  # libsemanage is back, so it has left the store as it was
                if outer:
                    equivalences.replace(self._subs, before)
                raise

    def busy(self) -> bool:
        """Whether another program holds the store's transaction lock at this moment."""
        try:
            descriptor = os.open(self.directory / "semanage.trans.LOCK", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:  # no transaction was ever made
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def heal(self) -> Optional[str]:
        """Put the last good state of the store back after a death or a loss of power in libsemanage.

        Killed between its two renames libsemanage leaves no `active`, but `previous` (semanage_commit_sandbox in
        libsemanage/src/semanage_store.c). After a loss of power see `avcdoctor.host.store_backup`.

        Returns:
            What was done, or None where nothing was wrong.
        """
        active, previous = self.directory / "active", self.directory / "previous"
        if not active.exists() and previous.is_dir():
            previous.rename(active)
            return f"{previous} was put back as {active}: a transaction had been cut short between two renames"
        if not store_backup.is_kept(self.directory):
            return None
        if active.exists() and store_backup.fault(self.directory) is None:
            store_backup.drop(self.directory)
            return None
        return store_backup.put_back(self.directory)

    @property
    def damaged(self) -> bool:
        """Whether a transaction was cut short such that the store can't be used (see `heal`)."""
        active = self.directory / "active"
        kept = store_backup.is_kept(self.directory)
        if not active.exists():
            return kept or (self.directory / "previous").is_dir()
        return kept and store_backup.fault(self.directory) is not None

    @property
    def _subs(self) -> Path:
        return self.root / "etc/selinux" / self.name / "contexts/files/file_contexts.subs"

    def _module(self, name: str) -> Optional[str]:
        folder = self.directory / f"active/modules/{MODULE_PRIORITY}" / name
        if not folder.is_dir():
            return None
        try:
            if read_regular(folder / "lang_ext", follow=False).decode("ascii").strip() != "cil":
                return "(not CIL)"
            data = read_regular(folder / "cil", follow=False)
            plain = bz2.BZ2Decompressor().decompress(data, MOST_BYTES) if data.startswith(b"BZh") else data
            return plain.decode("utf-8", "replace")
        except (OSError, ValueError, EOFError) as error:
            raise PolicyError(f"the module {name} in {folder} can't be read: {error}") from error

    @contextmanager
    def _session(self) -> Iterator[Tuple[Any, Any]]:
        if not self.live:
            problems = problems_of(self.root, self.name)
            if problems:
                raise PolicyError(f"the store of {self.root} is not used: {problems[0]}", "see docs/safety.md")
        if not self.directory.is_dir():
            raise PolicyError(f"there is no policy store {self.directory}", "is a policy installed there?")
        if not (self.directory / "active").is_dir():  # libsemanage would read it as an empty store
            raise PolicyError(f"the policy store {self.directory} has no active state", "avcdoctor undo puts it back")
        api = _semanage()
        self._bind()
        api.semanage_set_root("" if self.live else str(self.root))
        handle = api.semanage_handle_create()
        try:
            with _listening() as heard:
                api.semanage_select_store(handle, self.name, api.SEMANAGE_CON_DIRECT)
                connected = _succeeds(lambda: api.semanage_connect(handle))
            if not connected:
                raise PolicyError(f"the policy store {self.directory} can't be opened{heard()}", "run this as root")
            try:
                yield api, handle
            finally:
                api.semanage_disconnect(handle)
        finally:
            api.semanage_handle_destroy(handle)

    def _bind(self) -> None:
        """Keep this process to one store.

        libsemanage works out its paths once per process (semanage_check_init in libsemanage/src/semanage_store.c):
        after another root was set, it would go on to read and write the first one.
        """
        first = _bound.setdefault("store", self.directory)
        if first != self.directory:
            raise PolicyError(
                f"this process works on the policy store {first} already, so it can't open {self.directory}",
                "libsemanage serves one store per process: use another process",
            )

    def _commit(self, edits: Sequence[Edit], rebuild: bool) -> None:
        with self._session() as (api, handle), _listening() as heard:
            if not self.live:
                api.semanage_set_reload(handle, 0)
            api.semanage_set_default_priority(handle, MODULE_PRIORITY)
            if rebuild:
                api.semanage_set_rebuild(handle, 1)
            if not _succeeds(lambda: api.semanage_begin_transaction(handle)):
                raise StoreError(f"another transaction holds the store {self.directory}{heard()}", "try again later")
            for edit in edits:
                kind, value = edit.item.kind, edit.value
                change = WRITERS[kind]
                if not _succeeds(lambda: change(api, handle, edit.item.key, value)):  # noqa: B023 - called at once
                    raise StoreError(f"libsemanage refused {edit.item}{heard()}")
            if not _succeeds(lambda: api.semanage_commit(handle)):
                raise StoreError(f"libsemanage refused the transaction{heard()}", "the store is as it was")
        os.sync()
        store_backup.drop(self.directory)


def store_name(files: Files) -> Optional[str]:
    """The policy type whose store a machine uses: SELINUXTYPE of /etc/selinux/config, or the only store there is."""
    for line in (files.read_text("/etc/selinux/config") or "").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "SELINUXTYPE" and value.strip().replace("-", "").replace("_", "").isalnum():
            return value.strip()
    stores = [name for name in files.names("/var/lib/selinux") if files.exists(f"/var/lib/selinux/{name}/active")]
    return stores[0] if len(stores) == 1 else None


def _semanage() -> Any:
    try:
        return importlib.import_module("semanage")
    except ImportError as error:
        raise BindingError(
            "the libsemanage binding for Python is not installed",
            install("python-semanage"),
        ) from error


def _succeeds(call: Callable[[], Any]) -> bool:
    """Run a libsemanage call: it gives a number, or [number, value], or raises OSError when the number is negative."""
    try:
        result = call()
    except OSError:
        return False
    number = result[0] if isinstance(result, (list, tuple)) else result
    return number is None or int(number) >= 0


@contextmanager
def _listening() -> Iterator[Callable[[], str]]:
    """Catch what libsemanage and libsepol write to descriptors 1 and 2, which no setting of theirs turns off."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(number) for number in (1, 2)]
    with tempfile.TemporaryFile() as sink:
        for number in (1, 2):
            os.dup2(sink.fileno(), number)

        def heard() -> str:
            sink.seek(0)
            lines = [line.strip() for line in sink.read().decode("utf-8", "replace").splitlines()]
            said = [line for line in lines if line and not any(words in line for words in _CHATTER)]
            return ": " + "; ".join(said[:6]) if said else ""

        try:
            yield heard
        finally:
            for number, copy in zip((1, 2), kept):
                os.dup2(copy, number)
                os.close(copy)
