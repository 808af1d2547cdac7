"""What a case is: a YAML file that sets something up, provokes a denial, and says what should cure it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Dict, List, Tuple

import yaml

from lab.paths import LabError

CASES = Path(__file__).resolve().parent / "cases"


@dataclass(frozen=True)
class Case:
    """One closed loop.

    Args:
        id: the file's name.
        guest: a word of lab.kinds.GUESTS, which says which guests that means.
        service: the program that is denied.
        denied: (source type, target type, class) of the denial to provoke.
        kind: the remedy kind that is expected first (or the one to choose, when `choose` is true).
        provoke: a script; exit code 0 means that what it tries was allowed.
        setup: a script that runs once before.
        settle: a script between the remedy and the next try: what a person does besides (restart, edit).
        unsettle: a script between the undo and the last try.
        choose: apply the first remedy of `kind`, even when another is ranked first.
        apply: False when no program can apply the remedy; then the advice is judged and, if there is a `settle`, what
            it does by hand is tried in place of a program's work.
        says: what the remedy's text must name, a regular expression, so that `settle` does what is said there.
        quick: part of the quick run.
        harmless: the program works in spite of the denial: whether it is logged is all that counts.
        differs: why a remedy that is not ranked first may do other than the simulation said; empty: it may not.
        further: how many denials of the same domain may follow before the provocation works, each cured by what is
            ranked first of what a program can do; only where the remedy itself says what is not in it.
        place: a file or directory that the policy must give a label of its own, or the case means nothing there; empty:
            none.
        audit: "both", or "with" where the records must carry paths for a program to act on, or "without".
    """

    id: str
    guest: str
    service: str
    denied: Tuple[str, str, str]
    kind: str
    provoke: str
    setup: str = ""
    settle: str = ""
    unsettle: str = ""
    choose: bool = False
    apply: bool = True
    quick: bool = False
    harmless: bool = False
    says: str = ""
    differs: str = ""
    place: str = ""
    further: int = 0
    audit: str = "both"

    @property
    def rules(self) -> Tuple[bool, ...]:
        """With an audit rule, without one, or both."""
        return {"both": (False, True), "with": (True,), "without": (False,)}[self.audit]


def load(path: Path) -> List[Case]:
    """Read the cases of one file (a list).

    Raises:
        LabError: a field is missing or unknown.
    """
    known = {field.name for field in fields(Case)}
    found = []
    for document in yaml.safe_load(path.read_text(encoding="utf-8")):
        values: Dict[str, Any] = dict(document)
        unknown = set(values) - known
        if unknown:
            raise LabError(f"{path.name}: unknown field {', '.join(sorted(unknown))}")
        values["denied"] = tuple(values.get("denied", ()))
        try:
            case = Case(**values)
        except TypeError as error:
            raise LabError(f"{path.name}: {error}") from error
        if len(case.denied) != 3:
            raise LabError(f"{path.name}: {case.id}: denied is source, target and class")
        found.append(case)
    return found


def load_all() -> List[Case]:
    """Every case, in the order of files and documents.

    Raises:
        LabError: a file is broken, or an id stands twice.
    """
    cases = [case for path in sorted(CASES.glob("*.yaml")) for case in load(path)]
    names = [case.id for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise LabError(f"cases with the same id: {', '.join(sorted(twice))}")
    return cases
