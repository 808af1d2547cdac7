"""What `avcdoctor fleet` does: reads many inputs in parts, judges hosts by class, and writes a playbook for them."""

import sys
from pathlib import Path
from typing import Any, List, Optional, Tuple

from avcdoctor import api, output
from avcdoctor.cli.asked import Asked
from avcdoctor.cli.work.explain import counted, exit_code, rendered, summarize
from avcdoctor.errors import InputError
from avcdoctor.fleet import classes, engine, work
from avcdoctor.fleet.sources import find
from avcdoctor.model import Report
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.fleet import planned
from avcdoctor.render import plans
from avcdoctor.render.plan_promise import kept_skipped
from avcdoctor.render.words import plural
from avcdoctor.sources.times import parse_time

__all__ = [
    "counted",
    "exit_code",
    "extent",
    "judged",
    "rendered",
    "summarize",
    "write_playbook",
]


def judged(  # noqa: PLR0917 - as the verb takes them
    sources: List[str], asked: Asked, host_from: str, inventory: Optional[Path], scheduler: str, workers: int
) -> Tuple[Report, int]:
    """The report over all sources, and how many inputs there were.

    Raises:
        InputError: nothing could be read.
        AvcdoctorError: the engine, a policy or the inventory can't be had.
    """
    known_hosts = classes.inventory(inventory) if inventory is not None else ()
    found, unlisted = find(sources, host_from)
    if not found:
        raise InputError("; ".join(unlisted) or "the sources hold no file")
    part = engine.run(
        work.batches(found),
        since=parse_time(asked.since) if asked.since else None,
        until=parse_time(asked.until) if asked.until else None,
        policy=asked.policy or "",
        scheduler=scheduler,
        workers=workers,
        progress=_progress(),
    )
    for reason in unlisted:
        part.fail("", reason)
        part.inputs += 1
    if part.failures >= part.inputs:
        raise InputError(f"no input could be read: {'; '.join(part.failed)}")
    names = part.gathered.grouper.hosts()
    report = classes.judged(
        part, classes.classes_of(names, known_hosts, asked.policy or "", asked.root or ""), api.knowledge(asked.packs)
    )
    return report, part.inputs


def extent(report: Report, inputs: int) -> str:
    """How many hosts in how many inputs."""
    return f"{plural(len(report.input.hosts), 'host')} in {plural(inputs, 'input')}"


def write_playbook(report: Report, folder: Path, *, allow_review: bool, allow_modules: bool, trust_log: bool) -> None:
    """Write a playbook and its inventory into a directory, and say how to look at it.

    Raises:
        EmptyPlanError: there is nothing to plan.
    """
    try:
        found = planned(report, allow_review=allow_review, allow_modules=allow_modules, trust_log=trust_log)
    except EmptyPlanError as error:
        raise EmptyPlanError(kept_skipped(error.skipped)) from None
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in plans.fleet_files(found).items():
        output.emit(text, folder / name)
    hosts = {name for names in found.hosts.values() for name in names}
    what, whose = plural(len(found.plan.steps), "remedy", "remedies"), plural(len(hosts), "host")
    output.note(f"{what} for {whose} in {folder}; look before you run it:")
    output.note(f"  ansible-playbook -i {folder}/inventory.yml --check --diff {folder}/playbook.yml")
    for item in found.plan.skipped:
        output.note(f"left out {item.incident}: {item.why}")


def _progress() -> Any:
    """Say on a terminal how far it is; say nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, total: None

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done:,} of {total:,} inputs and parts of inputs" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return tell
