#!/usr/bin/env python3
"""Writes into the JSON schemas what they share: actions as the registry has them, remedies as the report has them.

With --check it only compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Dict, List, Tuple

from avcdoctor.actions.registry import schema

PACKAGE = Path(__file__).resolve().parents[1] / "avcdoctor"
REPORT = PACKAGE / "render/report.schema.json"
WITH_ACTIONS = (REPORT, PACKAGE / "plan/schemas/plan.schema.json")
WITH_REMEDIES = (PACKAGE / "render/triage.schema.json", PACKAGE / "render/path.schema.json")
SHARED = ("count", "text", "texts", "remedy", "action")
"""What reports without incidents of `explain` define as the report does."""


def _place(text: str, name: str) -> Tuple[int, int]:
    """Where a definition begins and ends.

    Raises:
        ValueError: the text has no such definition.
    """
    start = text.index(f'\n    "{name}": ', text.index('"$defs"')) + len(f'\n    "{name}": ')
    _, length = json.JSONDecoder().raw_decode(text[start:])
    return start, start + length


def spliced(text: str, definitions: Dict[str, str]) -> str:
    """A schema's text with some definitions put in the place of its own; the rest stays as it is."""
    for name, body in definitions.items():
        start, end = _place(text, name)
        text = text[:start] + body + text[end:]
    return text


def texts() -> Dict[Path, str]:
    """Each schema as it should be."""
    lines = ",\n        ".join(json.dumps(one) for one in schema()["oneOf"])
    action = f'{{\n      "oneOf": [\n        {lines}\n      ]\n    }}'
    wanted = {path: spliced(path.read_text("utf-8"), {"action": action}) for path in WITH_ACTIONS}
    report = wanted[REPORT]
    shared = {name: report[slice(*_place(report, name))] for name in SHARED}
    return {**wanted, **{path: spliced(path.read_text("utf-8"), shared) for path in WITH_REMEDIES}}


def main(words: List[str]) -> int:
    """Write, or with --check compare; 1 where a file differs."""
    stale = {path: text for path, text in texts().items() if text != path.read_text("utf-8")}
    for path, text in stale.items():
        print(f"{path.relative_to(PACKAGE.parent)} {'differs' if '--check' in words else 'written'}")
        if "--check" not in words:
            path.write_text(text, "utf-8")
    return 1 if stale and "--check" in words else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
