"""`avcdoctor mcp`: the verbs that only read, as tools for an assistant, over standard input and output."""

from pathlib import Path
from typing import Annotated, List, Optional

from avcdoctor.cli import options
from avcdoctor.cli.declare import argument
from avcdoctor.errors import BindingError, InputError

EXAMPLES = """\
  avcdoctor mcp                    the assistant may read this host's audit trail
  avcdoctor mcp /srv/incident-42   and the files below this directory
"""

Opened = Annotated[
    Optional[List[Path]],
    argument(metavar="[PATH...]", help="Files and directories the assistant may read.", show_default=False),
]


def mcp(opened: Opened = None, *, policy: options.PolicyFile = None) -> None:
    """Serve explain, incident, triage, path, rules and review as read-only tools for an assistant (MCP over stdio).

    Nothing is ever changed: there is no tool for fix, apply or undo. Answers mark all text from logs as untrusted data.

    Args:
        opened: what the assistant may read besides the audit trail.
        policy: a compiled policy to ask.

    Raises:
        BindingError: the protocol's SDK is not installed.
        InputError: a path is not there.
    """
    for path in opened or []:
        if not path.exists():
            raise InputError(f"there is no file or directory {path}")
    try:
        from avcdoctor.assistant import server  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise BindingError(
            "the SDK of the Model Context Protocol is not installed",
            "pip install 'avcdoctor[mcp]', Python 3.10 or later",
        ) from error
    from avcdoctor.assistant.tools import Tools  # noqa: PLC0415 - likewise

    server.server(Tools([path.absolute() for path in opened or []], policy or "")).run("stdio")
