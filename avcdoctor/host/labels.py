"""Says which label the policy means a path to have, and which paths it means for a type."""

from __future__ import annotations

import importlib
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Tuple

from avcdoctor.host.file_contexts import FileContext, FileContexts
from avcdoctor.model import Context
from avcdoctor.sources.regular import read_regular


class Labels:
    """The file contexts of one policy.

    Args:
        path: the file_contexts file.
        own: it belongs to the running host. Then libselinux answers, as restorecon would. Another machine's files are
            read as text: libselinux would load the compiled file_contexts.bin beside them, which nobody has vetted.
    """

    def __init__(self, path: Path, own: bool = False) -> None:
        self.path = path
        self._own = own
        self._known: Dict[Tuple[str, int], Optional[Context]] = {}

    @cached_property
    def _contexts(self) -> FileContexts:
        return FileContexts(self.path, follow=self._own)

    @cached_property
    def _handle(self) -> Optional[Tuple[Any, Any]]:
        """(module, handle); selabel_open gives None for a missing file and selabel_lookup crashes on it."""
        if not self._own or not self.path.is_file():
            return None
        try:
            selinux = importlib.import_module("selinux")
        except ImportError:
            return None
        option = selinux.selinux_opt()
        option.type, option.value = selinux.SELABEL_OPT_PATH, str(self.path)
        handle = selinux.selabel_open(selinux.SELABEL_CTX_FILE, option, 1)
        return None if handle is None else (selinux, handle)

    def default(self, path: str, mode: int = 0) -> Optional[Context]:
        """The label that restorecon would give; None where the policy says nothing or `<<none>>`.

        Args:
            path: absolute, as it is called on the machine in question. Symlinks are not followed.
            mode: st_mode; only its file type counts, 0 stands for any.
        """
        if not path.startswith("/"):
            return None
        key = (path, mode)
        if key not in self._known:
            self._known[key] = self._look_up(path, mode)
        return self._known[key]

    def _look_up(self, path: str, mode: int) -> Optional[Context]:
        if self._handle is not None and path.isprintable():
            selinux, handle = self._handle
            try:
                return Context.parse(selinux.selabel_lookup(handle, path, mode)[1])
            except FileNotFoundError:  # no entry, or <<none>>
                return None
            except (OSError, TypeError, ValueError):
                pass  # a name the binding can't take: read as text below
        entry = self._contexts.find(path, mode)
        return entry.context if entry else None

    def entry(self, path: str, mode: int = 0) -> Optional[FileContext]:
        """The entry that decides a path's label, to be named as evidence."""
        return self._contexts.find(path, mode)

    def rules(self) -> Tuple[FileContext, ...]:
        """All entries, in the order in which they are read."""
        return self._contexts.entries

    @cached_property
    def by_type(self) -> Mapping[str, Tuple[FileContext, ...]]:
        """The entries that give each type, in the order in which they are read."""
        found: Dict[str, List[FileContext]] = {}
        for entry in self._contexts.entries:
            if entry.context:
                found.setdefault(entry.context.type, []).append(entry)
        return {type_: tuple(entries) for type_, entries in found.items()}

    @property
    def equivalences(self) -> Tuple[Tuple[str, str], ...]:
        """(path, like): a tree that is labelled as if it were another one; the administrator's own first."""
        return self._contexts.equivalences

    @cached_property
    def customizable(self) -> FrozenSet[str]:
        """Types that plain restorecon leaves alone (customizable_types(5))."""
        path = self.path.parent.parent / "customizable_types"
        try:
            return frozenset(read_regular(path, follow=self._own).decode("utf-8", "replace").split())
        except OSError:  # an optional file
            return frozenset()
