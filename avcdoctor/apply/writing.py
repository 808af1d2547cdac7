"""Applies changes of files one at a time, and rolls back those that were, or may have been, applied."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from avcdoctor.actions.change import Change
from avcdoctor.apply.changes import current, shown, write_file, write_store
from avcdoctor.apply.machine import Machine
from avcdoctor.errors import ConflictError
from avcdoctor.host.pinned import MeanwhileError, UnsafePathError
from avcdoctor.host.relabel import Skip
from avcdoctor.model import safe_text

_IN_PLACE = ("label", "owner", "mode")
"""Kinds that one system call sets: a refusal means that nothing was changed."""


class Writer:
    """Carries out changes of files; `touched` holds those that were made, or that may have been."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.touched: List[Change] = []

    def write(self, change: Change) -> Optional[Skip]:
        """Carry out one change.

        Returns:
            The file and the reason, where it is one of a tree and no longer what it was when the tree was listed:
            a service goes on using its files, and one file of many is no reason to take everything back.

        Raises:
            UnsafePathError, ConflictError: see `avcdoctor.apply.changes.write_file`.
            OSError: the filesystem refuses.
        """
        self.touched.append(change)
        try:
            write_file(change, self.machine.root, self.machine.history)
        except (UnsafePathError, ConflictError) as error:
            if change.kind in _IN_PLACE or isinstance(error, ConflictError):
                self.touched.pop()
            if change.tree and isinstance(error, (MeanwhileError, ConflictError)):
                return Skip(change.key[0], error.message)
            raise
        return None


def take_back(changes: Sequence[Change], touched: Sequence[Change], machine: Machine) -> Tuple[str, ...]:
    """Undo changes in reverse order, as far as they were made.

    Args:
        changes: of all of them, those in the policy store are compared and taken back.
        touched: the changes of files that were made, or may have been.

    Returns:
        What could not be taken back, one line each.
    """
    left: List[str] = []
    for change in reversed(touched):
        try:
            write_file(change.reversed(), machine.root, machine.history)
        except (MeanwhileError, ConflictError) as error:
            if not change.tree:  # of a tree that others own, they may change what they like at any time
                left.append(safe_text(error.message))
        except UnsafePathError as error:
            was, made = shown(change.before), shown(change.after)
            left.append(f"{change.name()} was made {made} from {was} and can't be compared: {error.message}")
        except Exception as error:  # the other items still have to be taken back
            left.append(safe_text(str(error)))
    stored = [change for change in changes if change.in_store]
    values = current(stored, machine.root, machine.store)
    done = [change.reversed() for change, value in zip(stored, values) if value != change.before]
    try:
        write_store(list(reversed(done)), machine.store)
    except Exception as error:  # told as something that is left to do
        left.append(safe_text(str(error)))
    return tuple(left)


def left_words(skipped: Sequence[Skip]) -> str:
    """Files that were left alone, for a note; the first ones by name."""
    named = "; ".join(safe_text(f"{skip.path}: {skip.why}") for skip in skipped[:10])
    more = f"; and {len(skipped) - 10} more" if len(skipped) > 10 else ""
    return f"left alone: {named}{more}" if skipped else ""
