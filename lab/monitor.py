"""Speaks QEMU's machine protocol (QMP) over a socket: one command, one reply, events passed over."""

from __future__ import annotations

import json
import socket
from typing import Any, Dict

from lab.paths import LabError


class Monitor:
    """The control channel of one emulator."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def ask(self, command: str, **arguments: Any) -> Dict[str, Any]:
        """Send one command.

        Returns:
            What it returned; a plain value comes as {"value": ...}.

        Raises:
            LabError: it was refused, or the emulator went away.
        """
        request: Dict[str, Any] = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise LabError(f"the emulator closed its monitor on {command}: {error}") from error
        while True:
            reply = json.loads(self._line(command))
            if "error" in reply:
                raise LabError(f"the emulator refused {command}: {reply['error'].get('desc')}")
            if "return" in reply:
                found = reply["return"]
                return found if isinstance(found, dict) else {"value": found}

    def ignore_shared(self) -> None:
        """Leave memory that lies in a shared file out of a migration: that is what makes a snapshot quick."""
        self.ask("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}])

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def _line(self, command: str) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            try:
                part = self._channel.recv(1)
            except OSError as error:  # it died with our request unread, or does not answer
                raise LabError(f"the emulator did not answer {command}: {error}") from error
            if not part:
                raise LabError(f"the emulator closed its monitor on {command}")
            line += part
        return line
