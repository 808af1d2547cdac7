"""Gives the rule packs of some directories: those that avcdoctor brings from what is kept of them, others from YAML."""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, get_args, get_origin, get_type_hints

from avcdoctor.errors import RuleError
from avcdoctor.knowledge.kept import digest_of, kept, write
from avcdoctor.knowledge.schema import Knowledge, RuleProblem, Service
from avcdoctor.resources import policies_dir


def load(directories: Sequence[Path]) -> Knowledge:
    """Read every `*.yaml` of the directories, in name order; a later file may not reuse a rule's id.

    Args:
        directories: rule directories, the shipped one first; one that does not exist is passed over.

    Returns:
        What could be loaded, with every error found on the way.
    """
    services: List[Service] = []
    errors: List[RuleProblem] = []
    seen: Dict[str, str] = {}
    shipped = policies_dir() / "rules"
    for directory in directories:
        for service, found in (_kept if directory == shipped else _read)(directory):
            problems = list(found)
            for rule in service.rules if service else ():
                if rule.id in seen:
                    already = f"{rule.id} is already in {seen[rule.id]}"
                    problems.append(RuleProblem(rule.file, rule.line, 1, already))
                seen.setdefault(rule.id, rule.file)
            errors.extend(problems)
            if service and not problems:
                services.append(service)
    return Knowledge(tuple(services), tuple(errors))


Loaded = Tuple[Optional[Service], Sequence[RuleProblem]]


def _read(directory: Path) -> List[Loaded]:
    files = sorted(directory.glob("*.yaml")) if directory.is_dir() else []
    if not files:
        return []
    from avcdoctor.knowledge.loader import load_file  # noqa: PLC0415 - a start must not wait for a YAML parser

    return [load_file(path) for path in files]


def _kept(directory: Path) -> List[Loaded]:
    """The same for packs that are kept; errors are not, so that each start tells them."""
    loaded: List[Loaded] = []

    def plain() -> Optional[List[Any]]:
        loaded[:] = _read(directory)
        if any(service is None or problems for service, problems in loaded):
            return None
        return [_plain(service) for service, _problems in loaded if service]

    try:
        sources = _sources(directory)
    except OSError:
        return _read(directory)
    values = kept("rules", sources, plain)
    return loaded or [(service_of(value, directory), ()) for value in values]


def _sources(directory: Path) -> List[Tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted(directory.glob("*.yaml"))]


def keep_shipped(folder: Path) -> None:
    """Keep the shipped packs in a folder, for a package to bring along.

    Raises:
        OSError: a pack can't be read, or the folder not be written to.
        RuleError: a pack has an error.
    """
    directory = policies_dir() / "rules"
    loaded = _read(directory)
    errors = [str(problem) for _service, problems in loaded for problem in problems]
    if errors:
        raise RuleError("; ".join(errors), "avcdoctor rules check tells more")
    write(folder, "rules", digest_of(_sources(directory)), [_plain(service) for service, _ in loaded if service])


def _plain(service: Service) -> Dict[str, Any]:
    value = asdict(service)
    for one in (value, *value["rules"]):
        one["file"] = Path(one["file"]).name
    return value


def service_of(value: Dict[str, Any], directory: Path) -> Service:
    """Build a service from its plain values; files are named as they lie in `directory`."""
    file = str(directory / value["file"])
    for one in (value, *value["rules"]):
        one["file"] = file
    service: Service = _builder(Service)(value)
    return service


@cache
def _builder(kind: Any) -> Callable[[Any], Any]:
    """A function that turns plain values into this type: a dataclass, a tuple, a mapping, or a value as it is."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        parts = [(one.name, _builder(hints[one.name])) for one in fields(kind)]
        build: Callable[..., Any] = kind  # type: ignore[assignment]
        return lambda value: build(*[make(value[name]) for name, make in parts])
    arguments = get_args(kind)
    if get_origin(kind) is tuple:
        item = _builder(arguments[0])
        return lambda value: tuple(map(item, value))
    if len(arguments) == 2 and arguments[0] is str and get_origin(kind) is not None and kind is not Optional:
        item = _builder(arguments[1])
        return lambda value: {name: item(one) for name, one in value.items()}
    return lambda value: tuple(value) if isinstance(value, list) else value
