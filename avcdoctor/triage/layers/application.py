"""The program's own checks: it refuses by its configuration or its own rules, and the kernel was never asked."""

from __future__ import annotations

import re
from typing import Optional

from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation

_LOGIN = re.compile(
    r"permission denied\s*(?:\((?:publickey|password|keyboard|gssapi|hostbased|none)|, please try again)|access "
    r"denied for user|"
    r"authentication (?:failure|failed)|password authentication failed|no pg_hba\.conf entry|client denied by "
    r"server configuration|"
    r"not in the sudoers file|denied by (?:configuration|acl|access control|rule|policy kit|polkit)|interactive "
    r"authentication required|"
    r"polkit.{0,40}not authorized|(?:is )?not allowed (?:because|by)|not authorized|authorize user with PAM"
    r"|(?:account|password) (?:has )?expired",
    re.I,
)
_CONFIGURATION = re.compile(
    r"\bSECURITY VIOLATION\b|configuration (?:file )?(?:error|invalid|test failed)|syntax error|unknown "
    r"(?:directive|option|parameter|keyword|lvalue)|"
    r"parse error|invalid (?:option|argument for|value for)|deprecated option",
    re.I,
)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """A refused login, an access rule of the program, or an error in its configuration."""
    if _LOGIN.search(line.message):
        return observe(
            line, "application", "the program's own access rules refuse", "named", "", find_path(line.message)
        )
    if errno is None and _CONFIGURATION.search(line.message):
        return observe(
            line, "application", "the program complains about its configuration", "warning", "", find_path(line.message)
        )
    return None


def explain(observation: Observation) -> Explanation:
    """The program decided this alone."""
    return Explanation(
        kind="own-rules",
        title=f"{observation.process or 'the program'} decides this itself",
        cause=observation.what,
        because="No error number of the kernel stands in the message: the program refused before asking for anything.",
        remedies=(
            remedy(
                "app-fix",
                "check the program's own configuration and access rules",
            ),
        ),
        sure=("the same message appears where SELinux does not exist",),
    )


LAYER = Layer(
    name="application",
    recognise=recognise,
    explain=explain,
    not_selinux="the program itself refuses; no error number of the kernel is involved",
    if_selinux="an error number (Permission denied) in the message, and an AVC in the same second",
    signs=(_LOGIN, _CONFIGURATION),
)
