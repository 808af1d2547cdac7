"""Measures triage over a YAML file of incidents that are not SELinux, and over one of real denials.

Run: python -m tests.triage.measure [--lookalikes FILE] [--denials FILE] [--show]

An incident counts as right when SELinux is not blamed and the layer is one that its text names; one whose id begins
with "counter-" is SELinux after all, and right when that is not denied; a denial counts as right when the layer is
SELinux. Files that are not there are passed over.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any, Dict, List, Tuple

import yaml

from avcdoctor.render.triage import document, text
from avcdoctor.triage import judge

# What an incident's own words (cause, remedy, discriminator) call the layers; any layer that is named is accepted.
NAMED: Tuple[Tuple[str, str], ...] = (
    ("apparmor", r"apparmor"),
    ("fapolicyd", r"fapolicyd|untrusted|trust the file"),
    ("seccomp", r"seccomp|SIGSYS|system-call filter"),
    ("symlink", r"ELOOP|symlink|symbolic link"),
    ("mount", r"EROFS|read-only|noexec|nosuid|mount option|nfs|cifs"),
    ("exec-format", r"ENOEXEC|exec format|shebang|interpreter|architecture"),
    ("immutable", r"chattr|immutable"),
    ("capability", r"capabilit|CAP_|privileged port"),
    ("sandbox", r"NAMESPACE|sandbox|Private[A-Z]\w+|Protect[A-Z]\w+|2\d\d/[A-Z]"),
    ("path", r"ENOENT|does not exist|missing|wrong \S+ or \S+ path|wrong path"),
    ("dac", r"owner|mode \d|modes|chmod|chown|DAC|permission bits|ACL"),
    ("application", r"own configuration|own check|own warning|itself|StrictModes|from \S+-script|script_security"),
)


def layers_of(case: Dict[str, Any]) -> List[str]:
    """The layers that an incident's description names."""
    words = " ".join(str(case.get(name, "")) for name in ("cause", "remedy", "discriminator", "layer"))
    return [layer for layer, pattern in NAMED if re.search(pattern, words, re.IGNORECASE)]


def measure(path: Path, denials: bool, show: bool) -> Tuple[int, int]:
    """Judge every case of a file; returns how many were right, and how many there are."""
    cases = yaml.safe_load(path.read_text(encoding="utf-8"))
    right = 0
    for case in cases:
        verdict = judge(str(case["log"]).encode())
        answer = json.loads(json.dumps(document(verdict)))
        if denials:
            good = answer["layer"] == "selinux" and answer["selinux"] is not False
        elif str(case["id"]).startswith("counter-"):
            good = answer["selinux"] is not False and "not selinux" not in text(verdict).splitlines()[0].lower()
        else:
            good = answer["layer"] in layers_of(case) and answer["selinux"] is not True
        right += good
        if show or not good:
            mark = "ok   " if good else "WRONG"
            print(f"{mark} {case['id']:42} {answer['layer']!s:12} selinux {answer['selinux']!s:8} {answer['title']}")
    return right, len(cases)


def main() -> int:
    """Print one line a file: how many of how many are right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lookalikes", type=Path, default=None)
    parser.add_argument("--denials", type=Path, default=None)
    parser.add_argument("--show", action="store_true", help="print every case, not only the wrong ones")
    options = parser.parse_args()
    for name, path in (("lookalikes", options.lookalikes), ("denials", options.denials)):
        if path is not None and path.is_file():
            right, total = measure(path, name == "denials", options.show)
            print(f"{name}: {right} of {total}")
        else:
            print(f"{name}: {path} is not there" if path else f"{name}: no file given")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
