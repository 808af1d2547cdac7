"""The options that several verbs share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, List, Optional

from avcdoctor.cli.declare import argument, option

Logs = Annotated[
    Optional[List[str]],
    argument(
        metavar="[LOG...|-]",
        help="Audit logs, or - for standard input. Without any: this host's audit trail, or its journal.",
        show_default=False,
    ),
]
PolicyFile = Annotated[
    Optional[str], option("--policy", metavar="FILE", help="A compiled policy to ask instead of this host's.")
]
Root = Annotated[
    Optional[str],
    option("--root", metavar="DIR", help="A mounted image or a sosreport: logs, policy and files come from there."),
]
Since = Annotated[
    Optional[str],
    option("--since", metavar="TIME", help="Only denials from TIME on: recent, today, boot, 2026-08-13T09:00."),
]
Until = Annotated[Optional[str], option("--until", metavar="TIME", help="Only denials up to TIME.")]
Output = Annotated[Optional[Path], option("--output", "-o", metavar="FILE", help="Write the report to FILE.")]
Quiet = Annotated[bool, option("--quiet", "-q", help="No summary on standard error.")]
Verbose = Annotated[
    bool, option("--verbose", "-v", help="Everything: records, undo commands, modules as .te, unreadable lines.")
]
NoColor = Annotated[bool, option("--no-color", help="No colours; the variable NO_COLOR does the same.")]
ExitZero = Annotated[bool, option("--exit-zero", help="Exit with 0 although denials were found.")]
Ignore = Annotated[
    Optional[Path],
    option("--ignore", metavar="FILE", help="Leave out the denials that this YAML file knows, each with a reason."),
]
Rules = Annotated[
    Optional[List[Path]], option("--rules", metavar="DIR", help="More rule packs; may be given more than once.")
]
