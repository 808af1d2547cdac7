#!/usr/bin/env python3
"""Writes what the registry knows of actions into the JSON schemas of reports and plans; --check only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import List

from avcdoctor.actions.registry import schema

PACKAGE = Path(__file__).resolve().parents[1] / "avcdoctor"
FILES = (PACKAGE / "render/report.schema.json", PACKAGE / "plan/schemas/plan.schema.json")
_START = '    "action": '


def spliced(text: str) -> str:
    """A schema's text with the definition of an action as the registry has it; the rest stays as it is.

    Raises:
        ValueError: the text has no definition of an action.
    """
    start = text.index(_START, text.index('"$defs"')) + len(_START)
    _, length = json.JSONDecoder().raw_decode(text[start:])
    lines = ",\n        ".join(json.dumps(one) for one in schema()["oneOf"])
    body = f'{{\n      "oneOf": [\n        {lines}\n      ]\n    }}'
    return text[:start] + body + text[start + length :]


def main(words: List[str]) -> int:
    """Write, or with --check compare; 1 where a file differs."""
    stale = [path for path in FILES if spliced(path.read_text("utf-8")) != path.read_text("utf-8")]
    for path in stale:
        print(f"{path.relative_to(PACKAGE.parent)} {'differs' if '--check' in words else 'written'}")
        if "--check" not in words:
            path.write_text(spliced(path.read_text("utf-8")), "utf-8")
    return 1 if stale and "--check" in words else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
