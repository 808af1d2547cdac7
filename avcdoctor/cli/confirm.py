"""The options by which a person agrees, which fix, apply and undo share."""

from __future__ import annotations

from typing import Annotated, Optional

from avcdoctor.cli.declare import option

Yes = Annotated[bool, option("--yes", "-y", help="Do not ask. Every check is still made.")]
AllowReview = Annotated[bool, option("--allow-review", help="Let --yes also apply remedies that grant something new.")]
TrustLog = Annotated[
    bool,
    option("--trust-log", help="Also act on text that anybody could have written, such as syslog."),
]
Restart = Annotated[bool, option("--restart", help="Restart the services that need it; else they are named.")]
Wait = Annotated[
    Optional[str],
    option("--wait", metavar="TIME", help="Watch that long for the same denial afterwards, such as 60s or 2m."),
]
