"""Runs the reading of a fleet on dask.distributed: a local cluster, or one whose scheduler is named."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.errors import BindingError, InputError
from avcdoctor.fleet.work import Item, Part, effort, merge, name_of, work
from avcdoctor.model import safe_text

SPLIT_EVERY = 8  # parts that are merged at once, so that the merging is a tree and the client sees one part
_RETRIES = 2
_WORTH_WORKERS = 1 << 30  # bytes of raw logs; of fewer, all are read before workers have started
_SECONDS = 30  # to reach a scheduler

Progress = Callable[[int, int], None]
"""Called with (inputs and blocks done, how many there are in all)."""


def run(
    batches: Sequence[Tuple[Item, ...]],
    *,
    since: Optional[int] = None,
    until: Optional[int] = None,
    policy: str = "",
    scheduler: str = "",
    workers: int = 0,
    progress: Progress = lambda done, total: None,
    started: Callable[[Any], None] = lambda client: None,
) -> Part:
    """Read all batches and merge what they gave.

    Args:
        batches: from `avcdoctor.fleet.work.batches`.
        since: leave out denials before this time, milliseconds since the epoch.
        until: leave out denials after it.
        policy: see `work`.
        scheduler: an address such as tcp://host:8786; empty for processes of this machine.
        workers: how many of them; 1 reads in this process, without an engine; 0 is one for each core where there is
            enough to read, else the same.
        progress: told how far it is.
        started: given the client once it is there.

    Returns:
        One part. What no worker could read is in its `failed`.

    Raises:
        BindingError: dask.distributed is not installed.
        InputError: the scheduler can't be reached.
    """
    one = partial(work, since=since, until=until, policy=policy)
    small = not workers and sum(effort(item) for batch in batches for item in batch) < _WORTH_WORKERS
    if not scheduler and (workers == 1 or len(batches) < 2 or small):
        return _here(batches, one, progress)
    return on_workers(batches, one, scheduler=scheduler, workers=workers, progress=progress, started=started)


def on_workers(
    batches: Sequence[Tuple[Item, ...]],
    one: Callable[[Tuple[Item, ...]], Part] = work,
    *,
    scheduler: str = "",
    workers: int = 0,
    progress: Progress = lambda done, total: None,
    started: Callable[[Any], None] = lambda client: None,
) -> Part:
    """The same on workers alone, be it a single one.

    Args:
        batches: likewise.
        one: reads a batch.
        scheduler: likewise.
        workers: how many of them; 0 is one for each core.
        progress: likewise.
        started: likewise.

    Raises:
        BindingError: likewise.
        InputError: likewise.
    """
    with _client(scheduler, workers) as client:
        started(client)
        return _there(client, batches, one, progress)


def _here(batches: Sequence[Tuple[Item, ...]], one: Callable[[Tuple[Item, ...]], Part], progress: Progress) -> Part:
    total, done = Part(), 0
    for batch in batches:
        total.merge(one(batch))
        done += len(batch)
        progress(done, sum(map(len, batches)))
    return total


@contextmanager
def _client(scheduler: str, workers: int) -> Iterator[Any]:
    try:
        import dask  # noqa: PLC0415 - an optional extra
        from distributed import Client, LocalCluster  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise BindingError("fleet needs dask and fsspec", "pip install 'avcdoctor[fleet]'") from error
    with dask.config.set(
        {
            "distributed.comm.timeouts.connect": _SECONDS,
            "logging.distributed": "critical",
            "distributed.admin.large-graph-warning-threshold": "1GB",
        }
    ):
        if scheduler:
            try:
                client = Client(scheduler, timeout=_SECONDS)
            except (OSError, ValueError, TimeoutError) as error:
                raise InputError(
                    f"the scheduler {safe_text(scheduler)} can't be reached: {safe_text(str(error))}"
                ) from error
            try:
                yield client
            finally:
                client.close()
            return
        with (
            LocalCluster(
                n_workers=workers or None,
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                host="127.0.0.1",
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client


def _there(
    client: Any, batches: Sequence[Tuple[Item, ...]], one: Callable[[Tuple[Item, ...]], Part], progress: Progress
) -> Part:
    """Submit the batches, merge what is ready in a tree, and note what failed for good."""
    from distributed import as_completed  # noqa: PLC0415 - an optional extra

    futures = {client.submit(one, batch, pure=False, retries=_RETRIES): batch for batch in batches}
    lost = Part()
    ready: List[Any] = []
    done = 0
    arriving = as_completed(list(futures))
    for future in arriving:
        batch = futures.pop(future, ())
        if future.status != "finished":
            for item in batch:
                lost.fail(name_of(item), f"no worker could read it: {_reason(future)}")
                lost.inputs += 1
        else:
            ready.append(future)
            if len(ready) >= SPLIT_EVERY:
                merged = client.submit(merge, ready, pure=False, retries=_RETRIES)
                arriving.add(merged)
                ready = []
        if batch:
            done += len(batch)
            progress(done, sum(map(len, batches)))
    total = client.submit(merge, ready, pure=False, retries=_RETRIES).result() if ready else Part()
    total.merge(lost)
    return total


def _reason(future: Any) -> str:
    error = future.exception()
    return type(error).__name__ if error is not None else str(future.status)
