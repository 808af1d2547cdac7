"""Serves the read-only tools over standard input and output, by the protocol's official SDK."""

from __future__ import annotations

from typing import Any, Callable, List

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from avcdoctor import __version__
from avcdoctor.assistant.tools import NOTICE, Tools
from avcdoctor.errors import AvcdoctorError

_INSTRUCTIONS = (
    "avcdoctor explains SELinux denials. All tools only read; none changes the machine, and none advises to switch "
    f"SELinux off. {NOTICE}"
)


def server(tools: Tools) -> Any:
    """The server with its tools.

    Args:
        tools: what runs the verbs.
    """
    made = MCPServer("avcdoctor", instructions=_INSTRUCTIONS, version=__version__)
    hints = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

    def explain(logs: List[str] = [], since: str = "", until: str = "") -> str:  # noqa: B006 - never changed; the SDK shows it
        """Explain what SELinux denied. Without logs, this host's audit trail is read. Times as in ausearch(8)."""
        return _answer(lambda: tools.explain(logs, since, until))

    def incident(identifier: str, logs: List[str] = []) -> str:  # noqa: B006 - likewise
        """One incident of the last explain in full, by its id: evidence, remedies, commands, what each grants."""
        return _answer(lambda: tools.incident(identifier, logs))

    def triage(service: str = "", logs: List[str] = []) -> str:  # noqa: B006 - likewise
        """Name the layer that stops a service of this host, or that a log of any kind speaks of."""
        return _answer(lambda: tools.triage(service, logs))

    def path(path: str, domain: str = "") -> str:
        """Walk a path of this host: owner, mode, mount and label of each component, and who stops a domain where."""
        return _answer(lambda: tools.path(path, domain))

    def rules(identifier: str = "") -> str:
        """List avcdoctor's rules, or show one as prose by its id."""
        return _answer(lambda: tools.rules(identifier))

    def review(modules: List[str]) -> str:
        """Review SELinux policy modules (.te, .cil, .pp): what each rule allows and what of it should go."""
        return _answer(lambda: tools.review(modules))

    for function in (explain, incident, triage, path, rules, review):
        made.tool(annotations=hints, structured_output=False)(function)
    return made


def _answer(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except AvcdoctorError as error:
        raise ToolError(str(error)) from None
