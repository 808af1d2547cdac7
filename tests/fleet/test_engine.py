"""The engine: two real worker processes, one of which is killed, give what one process gives."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any, List

import pytest

from avcdoctor.errors import InputError
from avcdoctor.fleet import engine
from avcdoctor.fleet.sources import find
from avcdoctor.fleet.work import batches
from tests.fleet.hosts import folder_of
from tests.fleet.test_work import facts


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = folder_of(tmp_path_factory.mktemp("fleet"), 30, 60)
    return batches(find([str(folder)])[0], batch=20_000)


def test_two_workers_and_one_process_agree(cut: Any) -> None:
    alone = engine.run(cut, workers=1)
    told = []
    two = engine.run(cut, workers=2, progress=lambda done, total: told.append((done, total)))
    assert facts(two.gathered.reading()) == facts(alone.gathered.reading())
    assert two.read == alone.read
    assert told[-1] == (30, 30)
    assert len(told) == len(cut)


def test_a_killed_worker_costs_nothing(cut: Any) -> None:
    pids: List[int] = []
    killed: List[int] = []

    def kill_one(done: int, total: int) -> None:
        if not killed and done < total:
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

    found = engine.run(
        [*cut] * 8, workers=2, progress=kill_one, started=lambda client: pids.extend(client.run(os.getpid).values())
    )
    assert killed == pids[:1]
    assert found.failures == 0
    assert found.gathered.reading().summary.denials == 8 * 30 * 60


def test_a_scheduler_that_is_not_there(cut: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_SECONDS", 1)
    with pytest.raises(InputError, match="can't be reached"):
        engine.run(cut, scheduler="tcp://127.0.0.1:9")


def test_little_is_read_before_workers_have_started(cut: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object) -> None:
        raise AssertionError("an engine was started")

    monkeypatch.setattr(engine, "_client", refused)
    assert engine.run(cut).gathered.reading().summary.denials == 30 * 60
    monkeypatch.setattr(engine, "_WORTH_WORKERS", 1000)
    with pytest.raises(AssertionError):
        engine.run(cut)


def test_one_input_needs_no_engine(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 1)
    part = engine.run(batches(find([str(folder)])[0]))
    assert part.gathered.reading().summary.denials == 40
