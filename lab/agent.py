"""Runs inside the guest: takes scripts from the virtio-serial port, runs them, and sends back what they said.

One line each way: `ID BASE64-SCRIPT` comes in, `ID EXIT-CODE BASE64-OUTPUT` goes out. The script's output goes
through a pipe, never through the port itself: SELinux checks inherited descriptors of every confined program again.
"""

from __future__ import annotations

import base64
import os
import select
import subprocess
import sys
import time

SECONDS = 590  # the host gives up earlier; this only ends what it left behind


def answer(line: bytes) -> bytes:
    """Run one request.

    Args:
        line: `ID BASE64-SCRIPT`.

    Returns:
        `ID EXIT-CODE BASE64-OUTPUT` with a newline.
    """
    name, _, script = line.strip().partition(b" ")
    process = subprocess.Popen(
        ["/bin/sh", "-c", base64.b64decode(script).decode("utf-8", "surrogateescape")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, code = gather(process)
    return b"%s %d %s\n" % (name, code, base64.b64encode(output))


def gather(process: subprocess.Popen[bytes]) -> tuple[bytes, int]:
    """Read what a script says until it ends; a service it left in the background may keep the pipe open.

    Returns:
        Its output, and its exit code (124 when it was stopped because it took too long).
    """
    assert process.stdout is not None  # it was asked for
    pipe, output, late = process.stdout.fileno(), b"", False
    deadline = time.monotonic() + SECONDS
    while True:
        ended = process.poll() is not None
        readable, _, _ = select.select([pipe], [], [], 0.02 if ended else 0.2)
        if readable:
            part = os.read(pipe, 1 << 16)
            output += part
            if not part:
                break
        elif ended:
            break
        if not late and time.monotonic() > deadline:
            late = True
            process.kill()
    process.stdout.close()
    return output, 124 if late else process.wait()


def serve(port: str) -> None:
    """Answer requests until the port is closed."""
    descriptor = os.open(port, os.O_RDWR | os.O_CLOEXEC)
    os.write(descriptor, b"ready 0 \n")
    pending = b""
    while True:
        part = os.read(descriptor, 1 << 16)
        if not part:
            return
        pending += part
        while b"\n" in pending:
            line, _, pending = pending.partition(b"\n")
            reply = answer(line)
            while reply:
                reply = reply[os.write(descriptor, reply) :]


if __name__ == "__main__":
    serve(sys.argv[1])
