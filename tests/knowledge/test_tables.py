"""The tables below policies/facts: a damaged one is a clear error that names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.errors import InputError
from avcdoctor.knowledge import tables


@pytest.mark.parametrize("content", [b"a: [1, 2", b"a: \xff", None], ids=["no YAML", "no text", "missing"])
def test_a_damaged_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    facts = tmp_path / "facts"
    facts.mkdir()
    if content is not None:
        (facts / "damaged-example.yaml").write_bytes(content)
    monkeypatch.setattr(tables, "policies_dir", lambda: tmp_path)
    with pytest.raises(InputError, match=r"damaged-example\.yaml"):
        tables.document("damaged-example.yaml")
