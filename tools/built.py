"""Makes what a package brings ready-made: the compiled reference policy, the packs and facts as JSON, manual pages
and completions. `make dist`, `make deb` and `make rpm` run it before they build.

python -m tools.built
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from avcdoctor.host.reference import compiled
from avcdoctor.knowledge import kept, packs, tables
from tools import completion, manual

ROOT = Path(__file__).resolve().parents[1]
POLICIES = ROOT / "policies"
HERE = ROOT / "build" / "shipped"


def main() -> int:
    """Make everything anew; the policy and the JSON below policies/, the rest below build/shipped/."""
    for old in (*POLICIES.glob("reference/*.policy"), *POLICIES.glob(f"{kept.FOLDER}/*.json")):
        old.unlink()
    shutil.copy2(compiled(), POLICIES / "reference")
    ready = POLICIES / kept.FOLDER
    ready.mkdir(exist_ok=True)
    packs.keep_shipped(ready)
    for path in sorted(POLICIES.glob("facts/*.yaml")):
        tables.keep(path.name, ready)
    for path in ready.glob("*.json"):
        path.chmod(0o644)  # temporary files, which they were, are their owner's alone
    manual.main([str(HERE / "man")])
    completion.main([str(HERE / "completion")])
    return 0


if __name__ == "__main__":
    sys.exit(main())
