"""What is kept of a store is there whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from avcdoctor.host import store_backup


@pytest.fixture()
def store(tmp_path: Path) -> Path:
    """A store with a file that is empty on purpose, as some are."""
    modules = tmp_path / "active" / "modules" / "100" / "ping"
    modules.mkdir(parents=True)
    (modules / "lang_ext").write_text("pp")
    (tmp_path / "active" / "homedir_template").write_text("")
    (tmp_path / "active" / "policy.kern").write_bytes(b"BZh no archive")
    return tmp_path


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_kept_comes_back(store: Path) -> None:
    before = content(store / "active")
    store_backup.keep(store)
    shutil.rmtree(store / "active")
    store_backup.put_back(store)
    assert content(store / "active") == before


def test_a_death_while_it_is_forgotten_leaves_nothing_kept(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a kept state must never be put back in the place of a whole one."""
    store_backup.keep(store)
    before = content(store / "active")
    real = shutil.rmtree

    def dies(path: Path, ignore_errors: bool = False) -> None:
        if Path(path).is_dir():
            real(Path(path) / "modules")
            raise KeyboardInterrupt
        real(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", dies)
    with pytest.raises(KeyboardInterrupt):
        store_backup.drop(store)
    assert not store_backup.is_kept(store)
    monkeypatch.undo()
    store_backup.drop(store)
    assert content(store / "active") == before
    assert {path.name for path in store.iterdir()} == {"active"}
