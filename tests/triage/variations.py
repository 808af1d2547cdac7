"""Loads the log lines of our own making that triage is tested with."""

from pathlib import Path
from typing import List, Tuple

import yaml


def variations() -> List[Tuple[str, str, str]]:
    """(layer, "true", "false" or "unknown" for SELinux, log) of each entry of variations.yaml."""
    entries = yaml.safe_load(Path(__file__).with_name("variations.yaml").read_text(encoding="utf-8"))
    return [(entry["layer"], entry["selinux"], entry["log"]) for entry in entries]


VARIATIONS = variations()
