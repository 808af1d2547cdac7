"""A history that an image brought is shown without a single control character of it."""

from __future__ import annotations

import re

import pytest

from avcdoctor.actions.change import Change
from avcdoctor.apply.transaction import Part, Transaction
from avcdoctor.apply.undo import CHANGED, Reverse, UndoItem
from avcdoctor.render import history

EVIL = ("\x1b[2J\x1b[H\x1b]0;pwn\x07", "a\nb\r\n# c", "\u202e\u2066x", "\udcff\x9b31m\x00")
_UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\udc80-\udcff]")


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_nothing_unsafe_is_shown(evil: str) -> None:
    changes = (
        Change("fcontext", (f"/srv/{evil}", "f"), evil, None),
        Change("label", (f"/srv/{evil}",), evil, evil + "x"),
        Change("module", (evil,), None, evil),
        Change("equivalence", (evil,), evil, evil),
    )
    transaction = Transaction(
        number=1, state="applied", began=1, ended=2, uid=0, login=evil, root=f"/{evil}",
        parts=(Part(evil, evil, evil, evil),), changes=changes, services=(evil,), note=evil,
    )  # fmt: skip
    items = tuple(UndoItem(change, CHANGED, evil) for change in changes)
    pages = (
        history.list_text([transaction], ["applied"]),
        history.list_json([transaction], ["applied"]),
        history.show_text(transaction, "applied", items),
        history.show_json(transaction, "applied", items),
        history.reverse_text(Reverse(transaction, items)),
    )
    for page in pages:
        assert _UNSAFE.search(page) is None
    assert not any(line.startswith(("b", "# c")) for page in pages for line in page.splitlines())
