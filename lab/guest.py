"""A guest: starts QEMU, sends it commands over virtio-serial, freezes it to a snapshot and wakes it from one."""

from __future__ import annotations

import atexit
import base64
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional, Set

from lab.accel import emulator
from lab.call import call
from lab.deadline import Deadline, slowness
from lab.monitor import Monitor
from lab.paths import LabError

KERNEL_LINE = (
    "security=selinux console=ttyS0 mitigations=off nokaslr tsc=reliable no_timer_check quiet panic=-1 "
    "audit_backlog_limit=8192"
)
BOOT_SECONDS = {"tcg": 240, "kvm": 60}
RESTORE_SECONDS = 60
NOTICEABLE = 1.2  # times slower than alone
SLOW = "/usr/local/bin/slow"
PATIENCE = rf"""mkdir -p {SLOW}
printf '#!/bin/sh\nexec /usr/bin/sleep $(awk "BEGIN {{ print $1 * $SLOWNESS }}")\n' >{SLOW}/sleep
printf '#!/bin/sh\nn=$1; shift\nexec /usr/bin/timeout $(awk "BEGIN {{ print $n * $SLOWNESS }}") "$@"\n' >{SLOW}/timeout
chmod 755 {SLOW}/*
"""  # in the guest
PART = 60_000  # bytes of a file sent at a time
_running: Set[Guest] = set()
_ending = threading.Event()  # no guest is started any more


class Answer(NamedTuple):
    """What a script in the guest said and how it ended (the shell's exit code; 124 when it ran out of time)."""

    code: int
    output: str


@dataclass(frozen=True)
class Machine:
    """What a guest is made of.

    Args:
        kernel: the uncompressed kernel (vmlinux).
        initrd: the archive that loads the disk driver.
        disk: the root file system, raw or qcow2; never written to (each run writes to an overlay).
        memory: MiB.
        line: what to append to the kernel's command line.
        accel: what runs it, "kvm" or "tcg"; a snapshot can be woken only with the one it was made with.
    """

    kernel: Path
    initrd: Path
    disk: Path
    memory: int
    line: str = ""
    accel: str = "tcg"


@dataclass(frozen=True)
class Snapshot:
    """A frozen guest: a directory with `ram`, `state`, `disk.qcow2`."""

    machine: Machine
    directory: Path


class Guest:
    """A running guest. Use it in a `with` statement: it is killed at the end, whatever happens.

    Args:
        machine: what it is made of.
        directory: where its disk, memory and sockets go; a temporary one if none is given.
        durable: what it synced is on its disk after a power cut; else syncing costs nothing.
    """

    def __init__(self, machine: Machine, directory: Optional[Path] = None, *, durable: bool = False) -> None:
        self.machine = machine
        self._cache = "writeback" if durable else "unsafe"
        self.directory = Path(tempfile.mkdtemp(prefix="guest-")) if directory is None else directory
        self._throw_away = directory is None
        self.directory.mkdir(parents=True, exist_ok=True)
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._agent: Optional[socket.socket] = None
        self._monitor: Optional[Monitor] = None
        self._pending = b""
        self._count = 0

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self._throw_away:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def disk(self) -> Path:
        """The overlay this guest writes to; it outlives a power cut."""
        return self.directory / "disk.qcow2"

    def boot(self, seconds: float = 0) -> float:
        """Start from the disk and wait for the agent, by default as long as this takes on a busy machine.

        Returns:
            Seconds until the first command could be sent.
        """
        begun = time.monotonic()
        if not self.disk.exists():
            overlay(self.machine.disk, self.disk)
        self._start(self.directory / "ram", shared=True, incoming=False)
        self._await_ready(seconds or BOOT_SECONDS[self.machine.accel])
        return time.monotonic() - begun

    def wake(self, snapshot: Snapshot, seconds: float = RESTORE_SECONDS, *, keep: bool = False) -> float:
        """Continue from a snapshot and set the clock.

        Args:
            snapshot: a frozen guest; it stays as it is.
            seconds: how long that may take.
            keep: give the guest a copy of the memory of its own, so that it can be frozen again.

        Returns:
            Seconds until the first command could be sent.
        """
        begun = time.monotonic()
        self.disk.unlink(missing_ok=True)
        overlay(snapshot.directory / "disk.qcow2", self.disk)
        memory = snapshot.directory / "ram"
        if keep:
            call(["cp", "--sparse=always", str(memory), str(self.directory / "ram")])
            memory = self.directory / "ram"
        self._start(memory, shared=keep, incoming=True)
        self._monitor_now().ignore_shared()
        self._monitor_now().ask("migrate-incoming", uri=f"exec:cat {snapshot.directory / 'state'}")
        self._await_status({"paused", "postmigrate", "running"}, seconds)
        self._monitor_now().ask("cont")
        self.run(f"date -s @{time.time():.3f} >/dev/null", seconds)
        return time.monotonic() - begun

    def freeze(self, directory: Path, seconds: float = RESTORE_SECONDS) -> Snapshot:
        """Write memory and disk to `directory` (made whole by one rename at the end) and stop the guest."""
        self.run("sync", seconds)
        self._monitor_now().ask("stop")
        self._monitor_now().ignore_shared()
        state = self.directory / "state"
        self._monitor_now().ask("migrate", uri=f"exec:cat > {state}")
        deadline = self._deadline(seconds)
        while self._monitor_now().ask("query-migrate").get("status") != "completed":
            if deadline.left() < 0:
                raise LabError(f"the snapshot was not written in {seconds:.0f} seconds{self.console_tail()}")
            time.sleep(0.05)
        self._monitor_now().ask("quit")
        self.kill(wait=10)
        if directory.exists():
            shutil.rmtree(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        self.directory.rename(directory)
        self._throw_away = False
        return Snapshot(self.machine, directory)

    def run(self, script: str, seconds: float = 120) -> Answer:
        """Run a shell script in the guest as root, unconfined; seconds for which the emulator waits do not count.

        Raises:
            LabError: no answer in time, or the guest is gone.
        """
        self._count += 1
        name = f"c{self._count}"
        text = base64.b64encode(script.encode("utf-8", "surrogateescape")).decode()
        self._send(f"{name} {text}\n".encode(), seconds)
        deadline = self._deadline(seconds)
        while True:
            fields = self._line(deadline, script).split(b" ", 2)
            if fields[0].decode() == name:
                output = base64.b64decode(fields[2]).decode("utf-8", "replace") if len(fields) > 2 else ""
                return Answer(int(fields[1]), output)

    def slowness(self) -> float:
        """How many times slower the guest is than it would be alone."""
        return slowness(self._emulator().pid)

    def patiently(self, script: str, seconds: float = 120) -> Answer:
        """Run a script whose `sleep` and `timeout` last as much longer as the guest is slower beside other work."""
        times = self.slowness()
        if times < NOTICEABLE:
            return self.run(script, seconds)
        return self.run(f"{PATIENCE}export PATH={SLOW}:$PATH SLOWNESS={times:.1f}\n{script}", seconds * times)

    def start(self, script: str) -> None:
        """Send a script and do not wait for its end (for the power cuts)."""
        self._count += 1
        text = base64.b64encode(script.encode()).decode()
        self._send(f"c{self._count} {text}\n".encode(), 10)

    def put(self, path: str, content: bytes, seconds: float = 60) -> None:
        """Write a file in the guest, in parts that fit into one argument (128 KiB)."""
        self.run(f": > '{path}'", seconds)
        for begin in range(0, len(content), PART):
            coded = base64.b64encode(content[begin : begin + PART]).decode()
            done = self.run(f"base64 -d >> '{path}' <<'END'\n{coded}\nEND", seconds)
            if done.code:
                raise LabError(f"could not write {path} in the guest: {done.output}")

    def get(self, path: str, seconds: float = 60) -> bytes:
        """Read a file of the guest."""
        done = self.run(f"base64 -w0 '{path}'", seconds)
        if done.code:
            raise LabError(f"could not read {path} in the guest: {done.output}")
        return base64.b64decode(done.output)

    def kill(self, wait: float = 0) -> None:
        """Cut the power; with `wait`, first let the emulator end by itself for so many seconds."""
        _running.discard(self)
        for channel in (self._agent, self._monitor):
            if channel is not None:
                channel.close()
        self._agent = self._monitor = None
        process, self._process = self._process, None
        if process is None:
            return
        if wait:
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
        process.kill()
        process.wait()

    def console_tail(self, lines: int = 12) -> str:
        """The console's last lines, as an addition to a message."""
        console = self.directory / "console.log"
        if not console.exists():
            return ""
        text = console.read_bytes()[-4000:].decode("utf-8", "replace").splitlines()[-lines:]
        return "\nthe guest's console ended with:\n" + "\n".join("  " + line for line in text)

    def _start(self, ram: Path, *, shared: bool, incoming: bool) -> None:
        if _ending.is_set():
            raise LabError("the lab is ending")
        size = self.machine.memory
        arguments = [
            emulator(), "-accel", self.machine.accel, "-cpu", "max", "-smp", "1", "-m", f"{size}M",
            "-nodefaults", "-no-reboot",
            "-object", f"memory-backend-file,id=ram,size={size}M,mem-path={ram},share={'on' if shared else 'off'}",
            "-machine", "pc,memory-backend=ram", "-kernel", str(self.machine.kernel),
            "-initrd", str(self.machine.initrd), "-append", f"{KERNEL_LINE} {self.machine.line}",
            "-drive", f"file={self.disk},if=virtio,format=qcow2,cache={self._cache}",
            "-device", "virtio-serial", "-chardev", "socket,id=agent,path=agent.sock,server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=lab", "-serial", "file:console.log",
            "-display", "none", "-nic", "none", "-qmp", "unix:monitor.sock,server=on,wait=off",
        ]  # fmt: skip
        if incoming:
            arguments += ["-incoming", "defer"]
        for name in ("agent.sock", "monitor.sock"):
            (self.directory / name).unlink(missing_ok=True)
        log = (self.directory / "qemu.log").open("wb")
        self._process = subprocess.Popen(
            arguments, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        _running.add(self)
        if _ending.is_set():  # it was told while the emulator started
            self.kill()
            raise LabError("the lab is ending")
        self._monitor = Monitor(self._connect("monitor.sock"))
        self._greet(self._monitor)
        self._agent = self._connect("agent.sock")
        self._pending = b""

    def _greet(self, monitor: Monitor) -> None:
        """The first word to a new emulator; where it ended meanwhile, what it said itself is the reason."""
        try:
            monitor.ask("qmp_capabilities")
        except LabError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self._process is not None:
                    self._process.wait(1)
            self._check_alive()
            raise

    def _connect(self, name: str) -> socket.socket:
        deadline = time.monotonic() + 20
        here = os.open(self.directory, os.O_RDONLY)
        try:
            while True:
                channel = socket.socket(socket.AF_UNIX)
                channel.settimeout(20)
                try:
                    channel.connect(f"/proc/self/fd/{here}/{name}")  # a short path: socket names end at 108 bytes
                    return channel
                except OSError as error:
                    channel.close()
                    self._check_alive()
                    if time.monotonic() > deadline:
                        raise LabError(f"the emulator did not open {name}: {error}") from error
                    time.sleep(0.02)
        finally:
            os.close(here)

    def _check_alive(self) -> None:
        if self._process is None or self._process.poll() is not None:
            said = (self.directory / "qemu.log").read_text(errors="replace")[-600:]
            raise LabError(f"the guest is not running. {said.strip()}{self.console_tail()}")

    def _check_running(self) -> None:
        """Raise LabError where the emulator is alive, but what runs the guest gave up on it."""
        if self._monitor_now().ask("query-status").get("status") == "internal-error":
            said = (self.directory / "qemu.log").read_text(errors="replace").strip().splitlines() or ["internal error"]
            raise LabError(f"the guest stopped: {said[0]}{self.console_tail()}")

    def _monitor_now(self) -> Monitor:
        self._check_alive()
        assert self._monitor is not None  # a running guest has its monitor
        return self._monitor

    def _await_status(self, wanted: Set[str], seconds: float) -> None:
        deadline = self._deadline(seconds)
        while self._monitor_now().ask("query-status").get("status") not in wanted:
            if deadline.left() < 0:
                raise LabError(f"the guest did not wake in {seconds:.0f} seconds{self.console_tail()}")
            time.sleep(0.02)

    def _await_ready(self, seconds: float) -> None:
        deadline = self._deadline(seconds)
        while not self._line(deadline, "start-up").startswith(b"ready"):
            pass

    def _send(self, data: bytes, seconds: float) -> None:
        self._check_alive()
        assert self._agent is not None  # a running guest has its channel
        self._agent.settimeout(seconds)
        self._agent.sendall(data)

    def _received(self) -> bytes:
        assert self._agent is not None  # a running guest has its channel
        try:
            return self._agent.recv(1 << 16)
        except ConnectionError:
            return b""

    def _emulator(self) -> subprocess.Popen[bytes]:
        self._check_alive()
        assert self._process is not None  # a running guest has its process
        return self._process

    def _deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, self._emulator().pid)

    def _line(self, deadline: Deadline, what: str) -> bytes:
        assert self._agent is not None  # a running guest has its channel
        while b"\n" not in self._pending:
            left = deadline.left()
            if left <= 0:
                short = what.strip().splitlines()[0][:80] if what.strip() else what
                raise LabError(f"the guest did not answer in time ({short}){self.console_tail()}")
            readable, _, _ = select.select([self._agent], [], [], min(left, 1.0))
            if readable:
                part = self._received()
                if not part:
                    self._check_alive()
                    raise LabError(f"the guest closed its channel{self.console_tail()}")
                self._pending += part
            else:
                self._check_running()
        line, _, self._pending = self._pending.partition(b"\n")
        return line


def overlay(backing: Path, target: Path) -> None:
    """Make a qcow2 disk that reads through to `backing` and keeps all writes to itself."""
    kind = "qcow2" if backing.suffix == ".qcow2" else "raw"
    arguments = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", kind, "-b", str(backing.resolve()), str(target)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise LabError(f"could not make the disk {target}: {done.stderr.strip()}")


def kill_all() -> None:
    """Kill every guest this process started and has not ended, and start none any more."""
    _ending.set()
    for guest in list(_running):
        guest.kill()


def _on_signal(number: int, _: object) -> None:
    kill_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def guard() -> None:
    """Leave no guest behind: not at exit, not on Ctrl-C, not when told to end."""
    atexit.register(kill_all)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
