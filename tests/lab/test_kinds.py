"""Which guests a case is run in, and what a policy that is handed over must bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.case import Case, load_all
from lab.kinds import GUESTS, HANDED, KINDS, guests_of, handed
from lab.paths import LabError
from lab.run import jobs_of


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "etc" / "selinux" / "mine" / "contexts" / "files").mkdir(parents=True)
    (tmp_path / "etc" / "selinux" / "config").write_text("SELINUX=enforcing\nSELINUXTYPE=mine\n", encoding="utf-8")
    (tmp_path / "etc" / "selinux" / "mine" / "contexts" / "files" / "file_contexts").touch()
    (tmp_path / "var" / "lib" / "selinux" / "mine" / "active" / "modules").mkdir(parents=True)
    monkeypatch.setenv(HANDED, str(tmp_path))
    return tmp_path


def test_a_full_case_is_run_on_both_releases_and_podman_s_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HANDED, raising=False)
    assert {kind for kinds in GUESTS.values() for kind in kinds} == set(KINDS) - {"store"}
    assert {KINDS[name].suite for name in guests_of("full")} == {"bookworm", "trixie"}
    jobs = jobs_of(load_all(), (False,))
    assert [job.guest for job in jobs] == sorted((job.guest for job in jobs), key=["small", "full", "full-13"].index)
    assert {job.guest for job in jobs if job.case.service == "podman"} == {"full-13"}
    assert {job.guest for job in jobs_of(load_all(), (False,), "full-13")} == {"full-13"}


def test_a_store_takes_the_place_of_the_small_guest(store: Path) -> None:
    assert handed() == store.resolve()
    cases = [Case(name, name, "s", ("a_t", "b_t", "file"), "module", "true") for name in ("small", "full")]
    assert [(job.case.id, job.guest) for job in jobs_of(cases, (False, True))] == [("small", "store")] * 2


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("etc/selinux/config", "names no policy"),
        ("etc/selinux/mine/contexts/files/file_contexts", "file_contexts is missing"),
        ("var/lib/selinux/mine/active/modules", "modules is missing"),
    ],
)
def test_a_store_that_lacks_something_is_refused(store: Path, gone: str, said: str) -> None:
    place = store / gone
    place.rmdir() if place.is_dir() else place.unlink()
    with pytest.raises(LabError, match=said):
        handed()
