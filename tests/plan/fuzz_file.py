"""A mutator for plan.json: whatever a stranger changes in a saved plan, it is a safe plan or one clear error.

    python -m tests.plan.fuzz_file SECONDS SEED

Changes a real plan's document one to five times (texts, numbers, keys, actions of another plan, bytes of the file)
and asks of each what test_hostile_file.py asks: nothing unforeseen, nothing unsafe shown, no other exception.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import time
from typing import Any, List, Tuple

from avcdoctor.actions.registry import unforeseen
from avcdoctor.errors import PlanError
from avcdoctor.plan.file import from_document
from avcdoctor.render import PLAN_FORMATS
from avcdoctor.render.plans import render
from tests.plan.test_hostile_file import _UNSAFE, DOCUMENTS, EVIL

WORDS: Tuple[Any, ...] = (
    *EVIL,
    *(
        "setenforce",
        "0",
        "/etc/shadow",
        "../../etc/shadow",
        "shadow_t",
        "permissive",
        "typepermissive httpd_t",
        "a" * 9000,
    ),
    *(
        "(allow httpd_t shadow_t (file (read write)))",
        "(typepermissive httpd_t)",
        "restart",
        "auditd.service",
        "",
        "-v",
    ),
    *(0, -1, 2**70, 1.5, True, None, [], {}, [[]], {"do": "module-install"}),
)


def places(value: Any) -> List[Tuple[Any, Any]]:
    """Every container of a document with every key in it."""
    found: List[Tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else list(range(len(one))) if isinstance(one, list) else []
        for key in keys:
            found.append((one, key))
            waiting.append(one[key])
    return found


def mutated(rng: random.Random) -> Any:
    """One of the plans, changed."""
    document = copy.deepcopy(rng.choice(DOCUMENTS))
    for _ in range(rng.randint(1, 5)):
        found = places(document)
        if not found:
            break
        holder, key = rng.choice(found)
        way = rng.random()
        if way < 0.5:
            holder[key] = copy.deepcopy(rng.choice(WORDS))
        elif way < 0.7:
            other, its = rng.choice(places(rng.choice(DOCUMENTS)))
            holder[key] = copy.deepcopy(other[its])
        elif way < 0.8:
            del holder[key]
        elif way < 0.9 and isinstance(holder, dict):
            holder[str(rng.choice(WORDS))] = copy.deepcopy(holder[key])
        elif isinstance(holder[key], str):
            at = rng.randint(0, len(holder[key]))
            holder[key] = holder[key][:at] + str(rng.choice(WORDS)) + holder[key][at:]
    return document


def check(document: Any) -> bool:
    """Whether a document is a plan; what must hold then holds, and an error is a clear one."""
    try:
        plan = from_document(document)
    except PlanError as error:
        assert _UNSAFE.search(str(error)) is None, repr(str(error))
        return False
    for one in plan.steps:
        assert unforeseen(one.kind, one.actions) == ""
    for form in PLAN_FORMATS:
        assert _UNSAFE.search(render(plan, form)) is None, form
    return True


def main() -> None:
    """Mutate until the time is over; a finding stops it and shows the document."""
    seconds, seed = float(sys.argv[1]), int(sys.argv[2])
    rng, tried, plans, end = random.Random(seed), 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        document = mutated(rng)
        tried += 1
        try:
            plans += check(document)
        except BaseException:
            print(json.dumps(document), file=sys.stderr)
            raise
    print(f"{tried} plans mutated, {plans} of them still plans, no fault")


if __name__ == "__main__":
    main()
