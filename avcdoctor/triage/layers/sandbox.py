"""systemd's own set-up of a service: the steps before the program runs, known by name and exit status."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, NamedTuple, Optional

from avcdoctor.model import Remedy
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import DONTAUDIT, Layer, observe, paths, remedy, unit
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.refusals import below


class Step(NamedTuple):
    """One step of systemd.exec(5): what it does and the settings that ask for it."""

    does: str
    settings: str


STEPS: Dict[str, Step] = {
    "CHDIR": Step("changes to the working directory", "WorkingDirectory="),
    "NICE": Step("sets the scheduling priority", "Nice="),
    "FDS": Step("closes or passes on file descriptors", ""),
    "EXEC": Step("runs the program", "ExecStart="),
    "MEMORY": Step("reserves memory", ""),
    "LIMITS": Step("sets resource limits", "LimitNOFILE= and the like"),
    "OOM_ADJUST": Step("sets the out-of-memory score", "OOMScoreAdjust="),
    "SIGNAL_MASK": Step("sets the signal mask", ""),
    "STDIN": Step("opens standard input", "StandardInput="),
    "STDOUT": Step("opens standard output", "StandardOutput="),
    "CHROOT": Step("changes the root directory", "RootDirectory="),
    "IOPRIO": Step("sets the I/O priority", "IOSchedulingClass="),
    "TIMERSLACK": Step("sets the timer slack", "TimerSlackNSec="),
    "SECUREBITS": Step("sets the secure bits", "SecureBits="),
    "SETSCHEDULER": Step("sets the CPU scheduler", "CPUSchedulingPolicy="),
    "CPUAFFINITY": Step("sets the CPU affinity", "CPUAffinity="),
    "GROUP": Step("looks up and changes to the group", "Group=, SupplementaryGroups="),
    "USER": Step("looks up and changes to the user", "User=, DynamicUser="),
    "CAPABILITIES": Step("drops or grants capabilities", "CapabilityBoundingSet=, AmbientCapabilities="),
    "CGROUP": Step("moves the process into its control group", "Delegate=, Slice="),
    "SETSID": Step("starts a session", ""),
    "CONFIRM": Step("asks for confirmation", ""),
    "STDERR": Step("opens standard error", "StandardError="),
    "PAM": Step("opens a PAM session", "PAMName="),
    "NETWORK": Step("sets up a private network", "PrivateNetwork=, NetworkNamespacePath="),
    "NAMESPACE": Step(
        "builds the service's own view of the file system",
        "ProtectSystem=, ProtectHome=, PrivateTmp=, PrivateDevices=, ReadWritePaths=, ReadOnlyPaths=, BindPaths=",
    ),
    "NO_NEW_PRIVILEGES": Step("forbids gaining privileges", "NoNewPrivileges="),
    "SECCOMP": Step("installs the system-call filter", "SystemCallFilter="),
    "SELINUX_CONTEXT": Step("sets the SELinux context", "SELinuxContext="),
    "PERSONALITY": Step("sets the execution domain", "Personality="),
    "APPARMOR_PROFILE": Step("changes to the AppArmor profile", "AppArmorProfile="),
    "ADDRESS_FAMILIES": Step("restricts address families", "RestrictAddressFamilies="),
    "RUNTIME_DIRECTORY": Step("creates the runtime directory", "RuntimeDirectory="),
    "CHOWN": Step("changes the owner of a socket", "SocketUser=, SocketGroup="),
    "SMACK_PROCESS_LABEL": Step("sets the SMACK label", "SmackProcessLabel="),
    "KEYRING": Step("sets up the kernel keyring", "KeyringMode="),
    "STATE_DIRECTORY": Step("creates the state directory", "StateDirectory="),
    "CACHE_DIRECTORY": Step("creates the cache directory", "CacheDirectory="),
    "LOGS_DIRECTORY": Step("creates the log directory", "LogsDirectory="),
    "CONFIGURATION_DIRECTORY": Step("creates the configuration directory", "ConfigurationDirectory="),
    "NUMA_POLICY": Step("sets the NUMA policy", "NUMAPolicy="),
    "CREDENTIALS": Step("places the credentials", "LoadCredential=, SetCredential="),
    "BPF": Step("installs BPF restrictions", "RestrictFileSystems="),
}
"""The names of systemd.exec(5), "Process Exit Codes", without EXIT_."""

NUMBERS: Dict[int, str] = {
    **dict(enumerate(("CHDIR", "NICE", "FDS", "EXEC", "MEMORY", "LIMITS", "OOM_ADJUST", "SIGNAL_MASK", "STDIN",
                      "STDOUT",
                      "CHROOT", "IOPRIO", "TIMERSLACK", "SECUREBITS", "SETSCHEDULER", "CPUAFFINITY", "GROUP", "USER",
                      "CAPABILITIES", "CGROUP", "SETSID", "CONFIRM", "STDERR"), 200)),
    224: "PAM", 225: "NETWORK", 226: "NAMESPACE", 227: "NO_NEW_PRIVILEGES", 228: "SECCOMP", 229: "SELINUX_CONTEXT",
    230: "PERSONALITY", 231: "APPARMOR_PROFILE", 232: "ADDRESS_FAMILIES", 233: "RUNTIME_DIRECTORY", 235: "CHOWN",
    236: "SMACK_PROCESS_LABEL", 237: "KEYRING", 238: "STATE_DIRECTORY", 239: "CACHE_DIRECTORY", 240: "LOGS_DIRECTORY",
    241: "CONFIGURATION_DIRECTORY", 242: "NUMA_POLICY", 243: "CREDENTIALS", 245: "BPF",
}  # fmt: skip
"""Exit status to step, as systemd numbers them."""

_FILES = frozenset(
    (
        *("EXEC", "CHDIR", "STDIN", "STDOUT", "STDERR", "NAMESPACE", "CREDENTIALS", "CONFIGURATION_DIRECTORY"),
        *("RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY", "LOGS_DIRECTORY"),
    )
)
"""Steps at files, where a label can stop init_t as well."""

_STEP = re.compile(r"\bat step (?P<step>[A-Z_]+)(?: spawning (?P<program>\S+?))?(?::|\s|$)", re.I)
_STATUS = re.compile(r"\bstatus=(?P<number>2[0-4]\d)(?:/(?P<step>[A-Z_]+))?\b")
_OTHER_LAYER = {
    "SECCOMP": "seccomp",
    "APPARMOR_PROFILE": "apparmor",
    "SELINUX_CONTEXT": "selinux",
    "CAPABILITIES": "capability",
}


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """A failed step of systemd by name, or an exit status from 200 to 245."""
    step = _STEP.search(line.message)
    if step and step["step"].upper() == "EXEC" and errno is not None and errno.name == "EPERM":
        return None  # the set-up is done; who refuses the execution itself is another layer's question
    if step and step["step"].upper() in STEPS:
        return _failed(line, step["step"].upper(), errno, "errno")
    status = _STATUS.search(line.message)
    name = (status["step"] or NUMBERS.get(int(status["number"]), "")) if status else ""
    if name in STEPS:
        return _failed(line, name, errno, "symptom")
    return _hidden(line, errno)


_KERNEL_DATA = re.compile(r"/dev/(?:k?mem|port|kmsg|cpu/)")  # EPERM there is a missing capability or the lockdown
_NEEDS_MORE = re.compile(r"\b(?:mknod|mount|umount|losetup|ch(?:own|mod)|rm|mv|unlink|ioctl)\b", re.I)
_OWN_HOME = re.compile(r"\b(?:as|for|by) (?:the )?user ['\"]?([\w.-]+)", re.I)


def _hidden(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """What only a file system of its own explains: a home closed to its owner, a device node that is always there."""
    path = find_path(line.message, errno)
    name = errno.name if errno else ""
    user = _OWN_HOME.search(line.message)
    if name == "EACCES" and user and path.startswith(f"/home/{user[1]}/"):
        seen = observe(line, "sandbox", f"{user[1]} may not read a file in {user[1]}'s own home", "errno", name, path)
        return replace(seen, fields={"sign": "home"})
    if (
        name == "EPERM"
        and path.startswith("/dev/")
        and not _KERNEL_DATA.match(path)
        and not _NEEDS_MORE.search(line.text)
    ):
        what = "a device node that may not be opened, whatever its mode"
        seen = observe(line, "sandbox", what, "named", name, path)
        return replace(seen, fields={"sign": "cgroup"})
    if name == "ENOENT" and below(path, "static devices"):
        what = "a device node that every system has is missing for this process"
        seen = observe(line, "sandbox", what, "errno", name, path)
        return replace(seen, fields={"sign": "device"})
    return None


def _failed(line: LogLine, step: str, errno: Optional[Errno], proof: str) -> Observation:
    seen = observe(
        line,
        _OTHER_LAYER.get(step, "sandbox"),
        f"systemd failed at step {step}",
        proof,
        errno.name if errno else "",
        find_path(line.message, errno),
    )
    return replace(seen, fields={"step": step})


def explain(observation: Observation) -> Explanation:
    """Which step of systemd's set-up failed, and which settings ask for it."""
    sign = observation.fields.get("sign")
    if sign:
        return {"home": _home_hidden, "device": _device_hidden, "cgroup": _device_denied}[sign](observation)
    name = observation.fields.get("step", "")
    step = STEPS.get(name, Step("sets the service up", ""))
    path = f" at {observation.path}" if observation.path else ""
    return Explanation(
        kind=f"systemd-{name.lower().replace('_', '-')}",
        title=f"systemd could not start the service: step {name}{path}",
        cause=f"the step in which systemd {step.does} failed"
        + (f"; the unit asks for it by {step.settings}" if step.settings else ""),
        because="The program never ran: systemd sets the service up before it executes anything, and this step failed.",
        remedies=(
            *((_as_root(),) if observation.errno == "EACCES" and name in _FILES - {"EXEC", "CHDIR"} else ()),
            remedy(
                "app-fix",
                "look at the settings of the unit that ask for this step, and at what they name",
                [["systemctl", "cat", unit(observation.line)], ["journalctl", "-b", "-u", unit(observation.line)]],
            ),
        ),
        also=("selinux",) if name in _FILES and observation.errno != "EPERM" else (),
        if_selinux="an AVC with scontext init_t in the same second",
        sure=("`journalctl -u UNIT` has a line with the step and the error's words just before the status", DONTAUDIT),
    )


def _as_root() -> Remedy:
    title = "root does this step and passes modes: find the record, and put the place's label right"
    return remedy("restorecon", title, [["restorecon", "-Rv", "PATH"]])


def _drop_in(setting: str) -> str:
    return f"a drop-in (`systemctl edit UNIT`): {setting}"


def _home_hidden(observation: Observation) -> Explanation:
    asked = [
        [
            "systemctl",
            "show",
            "-p",
            "ProtectHome,PrivateDevices,InaccessiblePaths,CapabilityBoundingSet",
            unit(observation.line),
        ]
    ]
    return Explanation(
        kind="home-hidden",
        likely=True,
        title=f"{observation.path} is closed to its own user: the unit hides homes",
        cause=f"{observation.what}; ProtectHome= of the unit makes homes inaccessible for the service; else SELinux",
        because=(
            "Owner and mode let a user into the own home. A unit with ProtectHome=yes sees an empty, closed /home, "
            "whoever it works for."
        ),
        remedies=(remedy("app-fix", _drop_in("`ProtectHome=read-only`; or keep the file outside of homes"), asked),),
        if_selinux="an AVC with the service's domain and user_home_t in the same second",
        sure=("the file can be read by that user in a shell, and `systemctl show -p ProtectHome UNIT` says yes",),
    )


def _device_hidden(observation: Observation) -> Explanation:
    node = paths(observation)[0]
    asked = [["systemctl", "show", "-p", "PrivateDevices,DevicePolicy,DeviceAllow", unit(observation.line)]]
    return Explanation(
        kind="device-hidden",
        title=f"{node} does not exist for this process: it has a /dev of its own",
        cause="PrivateDevices=yes of the unit, or a container without this device",
        because=(
            "The kernel's modules announce this node, and it is there without any hardware (`kmod static-nodes`). A "
            "process that does not see it has another /dev."
        ),
        remedies=(
            remedy("app-fix", _drop_in(f"`PrivateDevices=no`, and `DeviceAllow={node} rw` for this one"), asked),
            remedy("app-fix", f"a container: pass it in with `--device {node}`"),
        ),
        sure=(f"`ls -l {node}` outside of the unit shows it", "`systemctl show -p PrivateDevices UNIT` says yes"),
    )


def _device_denied(observation: Observation) -> Explanation:
    node = paths(observation)[0]
    asked = [["systemctl", "show", "-p", "PrivateDevices,DevicePolicy,DeviceAllow", unit(observation.line)]]
    return Explanation(
        kind="device-denied",
        title=f"{node} is not among the devices that this service or container may use",
        cause="the device control group: DeviceAllow= of the unit, or the container's list of devices",
        because=(
            "Opening a node by its mode gives EACCES. `Operation not permitted` for opening one is the answer of the "
            "device control group, which systemd and container managers set up."
        ),
        remedies=(
            remedy("app-fix", _drop_in(f"`DeviceAllow={node} rw`"), asked),
            remedy("app-fix", f"a container: pass it in with `--device {node}`"),
        ),
        if_selinux="`Permission denied`, and an AVC with tclass=chr_file or blk_file",
        sure=("the same program opens it from a root shell outside of the unit or container",),
    )


LAYER = Layer(
    name="sandbox",
    recognise=recognise,
    explain=explain,
    not_selinux="systemd names the step of its own set-up that failed, and no denial of init_t is in the evidence",
    if_selinux="an AVC with scontext init_t in the same second as systemd's message",
    signs=(_STEP, _STATUS),
)
