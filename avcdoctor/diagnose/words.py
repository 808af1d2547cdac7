"""Says in plain words what a denial is about: verbs for permissions, names for objects and domains."""

from __future__ import annotations

import re
import shlex
from typing import FrozenSet, Iterable, Sequence

from avcdoctor.access.names import stem as stem_of
from avcdoctor.access.operations import FILES
from avcdoctor.model import Denial, Group, safe_text

_VERBS = (
    ("file", "execmod", "use, as code, changed memory of"),
    ("file", "entrypoint", "enter its domain through"),
    ("file", "execute execute_no_trans", "run"),
    ("file", "map", "map into memory"),
    ("file", "create", "create"),
    ("file", "unlink", "delete"),
    ("file", "rename", "rename"),
    ("file", "relabelto relabelfrom", "change the label of"),
    ("file", "write append", "write to"),
    ("file", "setattr", "change owner, mode or times of"),
    ("file", "mounton", "mount on"),
    ("file", "read open ioctl lock", "read"),
    ("file", "watch watch_reads", "watch"),
    ("file", "getattr", "look at"),
    ("dir", "mounton", "mount on"),
    ("dir", "create", "create"),
    ("dir", "rmdir", "remove"),
    ("dir", "write add_name remove_name", "change entries in"),
    ("dir", "setattr", "change owner, mode or times of"),
    ("dir", "watch watch_reads", "watch"),
    ("dir", "read open", "list"),
    ("dir", "search", "go through"),
    ("dir", "getattr", "look at"),
    ("socket", "name_bind", "listen on"),
    ("socket", "name_connect", "connect to"),
    ("socket", "node_bind", "bind to"),
    ("socket", "connectto sendto", "connect to"),
    ("socket", "create", "create"),
    ("socket", "read write", "use"),
    ("process", "transition", "start a program as"),
    ("process2", "nnp_transition nosuid_transition", "start a program as"),
    ("process", "ptrace", "trace"),
    ("process", "signal sigkill sigstop signull sigchld", "signal"),
    ("ipc", "", "use"),
    ("dbus", "send_msg", "send D-Bus messages to"),
    ("dbus", "acquire_svc", "take the D-Bus name of"),
    ("capability", "", "use"),
    ("system", "module_request", "have the kernel load"),
    ("service", "start", "start"),
    ("service", "stop", "stop"),
    ("service", "reload", "reload"),
    ("service", "status", "ask for the state of"),
    ("service", "enable", "enable"),
    ("service", "disable", "disable"),
    ("system", "", "ask"),
)
_PROCESS_SELF = {
    "execmem": "make memory both writable and executable",
    "execstack": "make its stack executable",
    "execheap": "make its heap executable",
    "setrlimit": "change its resource limits",
    "setsched": "change its scheduling",
    "setcap": "change its capabilities",
    "setfscreate": "choose labels of new files",
    "setexec": "choose the domain of the programs it starts",
}
_LIMITS = (
    *("CPU: processor time", "FSIZE: size of files", "DATA: data", "STACK: stack", "CORE: size of core dumps"),
    *("RSS: memory in use", "NPROC: processes", "NOFILE: open files", "MEMLOCK: locked memory", "AS: address space"),
    *("LOCKS: file locks", "SIGPENDING: queued signals", "MSGQUEUE: message queues", "NICE: nice value"),
    *("RTPRIO: real-time priority", "RTTIME: real-time processor time"),
)
"""Resources by their number, as in the kernel's include/uapi/asm-generic/resource.h."""

_IPC = {
    "sem": "a semaphore",
    "shm": "shared memory",
    "msgq": "a message queue",
    "msg": "a message",
    "key": "a key in the kernel's keyring",
}
"""Objects that are no files, and whose type is that of who made them."""

_INTERPRETER = re.compile(
    r"(?:sh|bash|dash|ksh|zsh|python|perl|ruby|lua|tclsh|busybox|php|php-cgi|node)[0-9.]*\Z"
)  # the whole name: php-fpm is a daemon

_FILE_LIKE = FILES - {"dir"} | {"anon_inode"}


def _kind(tclass: str) -> str:
    if tclass in _FILE_LIKE:
        return "file"
    if tclass.endswith("socket"):
        return "socket"
    if tclass.startswith("cap"):
        return "capability"
    return "ipc" if tclass in _IPC else tclass


def verb(tclass: str, permissions: Iterable[str]) -> str:
    """What the program wanted to do, as a verb that stands before the object."""
    asked = frozenset(permissions)
    kind = _kind(tclass)
    if tclass == "lnk_file" and asked <= {"read", "getattr"} and "read" in asked:
        return "follow the symbolic link"
    if kind == "process":
        for name, phrase in _PROCESS_SELF.items():
            if name in asked:
                return phrase
    for of, names, phrase in _VERBS:
        if of == kind and (not names or asked & frozenset(names.split())):
            return phrase
    return f"use {{ {' '.join(sorted(asked))} }} on"


def object_text(denial: Denial, group: Group) -> str:
    """The object of a denial in a few words: a path, a port, a capability, a process."""
    tclass = group.tclass
    if tclass.startswith("cap"):
        return f"the capability {' '.join(sorted(group.permissions))}"
    if tclass == "process" and group.source == group.target and frozenset(group.permissions) & set(_PROCESS_SELF):
        return f"({group.source}{_limit(denial)})"
    if denial.port is not None and tclass.endswith("_socket"):
        return f"{tclass.split('_', 1)[0]} port {denial.port}"
    if tclass in _IPC:
        return _IPC[tclass] + ("" if group.source == group.target else f" of {group.target}")
    path = denial.path or denial.name
    if tclass == "dir" and path and path == denial.name:
        path = _directory(denial) or path
    if tclass == "dir" and path and frozenset(group.permissions) & {"create", "rmdir"}:
        return f"the directory {path}"
    if tclass in ("process", "process2"):
        return f"{group.target}" + (f" through {path}" if path else "")
    if tclass == "system" and "kmod" in denial.fields:
        return f"the module {denial.fields['kmod']}"
    if tclass == "dbus":
        return group.target
    if tclass.endswith("socket") and not path:
        return f"a {tclass} of {group.target}" if group.source != group.target else f"a {tclass}"
    return path or f"a {tclass} of type {group.target}"


def _directory(denial: Denial) -> str:
    """A directory of which the kernel logs what says little: the top of a mount, and a process in /proc."""
    if denial.name == "/" and denial.device:
        return f"/ (the top directory of {denial.device})"
    return f"/proc/{denial.name}" if denial.device == "proc" and denial.name.isdigit() else ""


def is_interpreter(program: str) -> bool:
    """Whether a program's name is that of a script interpreter."""
    return _INTERPRETER.match(program.rsplit("/", 1)[-1]) is not None


def script_argument(command: Sequence[str]) -> str:
    """The script among an interpreter's arguments: the first that is no option; nothing for code in an argument."""
    if len(command) < 2 or not is_interpreter(command[0]):
        return ""
    for word in command[1:]:
        if word == "-c":
            return ""
        if not word.startswith("-"):
            return word
    return ""


def script(denial: Denial) -> str:
    """The name of the script that the program runs, for a title; nothing where it runs none or says what it likes."""
    if not is_interpreter(denial.comm):
        return ""
    found = script_argument(denial.execve) or script_argument(denial.proctitle)
    return safe_text(found.rsplit("/", 1)[-1]) if found.startswith("/") else ""


def _limit(denial: Denial) -> str:
    """Which resource limit it was about: the first argument of setrlimit(2), the second of prlimit(2)."""
    which = {"setrlimit": "syscall.a0", "prlimit64": "syscall.a1"}.get(denial.syscall, "")
    told = denial.fields.get(which, "") if "setrlimit" in denial.permissions else ""
    for number, limit in enumerate(_LIMITS):
        if told in (f"RLIMIT_{limit.split(':')[0]}", f"{number:x}", f"0x{number:x}"):
            return f": RLIMIT_{limit}"
    return ""


def family(domain: str) -> str:
    """The stem of a domain's name, which its own types share: `httpd_t` and `httpd_sys_script_t` give `httpd`."""
    stem = stem_of(domain)
    for ending in ("_sys_script", "_unconfined_script", "_user_script", "_script", "_helper", "_initrc"):
        if stem.endswith(ending):
            return stem[: -len(ending)]
    return stem


def domain_name(domain: str) -> str:
    """A domain without its ending, for sentences."""
    return stem_of(domain)


def listing(items: Iterable[str], most: int = 4) -> str:
    """`a, b and c`; past `most` items the rest is counted."""
    values = list(items)
    if len(values) > most:
        return f"{', '.join(values[:most])} and {len(values) - most} more"
    if len(values) < 2:
        return "".join(values)
    return f"{', '.join(values[:-1])} and {values[-1]}"


def next_step(tclass: str, permissions: FrozenSet[str]) -> str:
    """What fails next when only the permission seen is allowed; empty when it is the whole operation."""
    if tclass == "file" and permissions <= {"getattr"}:
        return "allowing getattr alone would only move the failure to open, read or execute"
    if tclass == "file" and permissions <= {"read"}:
        return "after read come open and getattr"
    if tclass == "file" and permissions <= {"execute"}:
        return "after execute come read, open, map, and execute_no_trans or a transition"
    if tclass == "dir" and permissions <= {"search", "getattr"}:
        return "after the directory comes the object in it"
    if tclass == "dir" and permissions <= {"write"}:
        return "after write come add_name or remove_name, and creating the file"
    if tclass in ("tcp_socket", "udp_socket") and permissions <= {"name_bind"}:
        return "after name_bind come node_bind and listen"
    return ""


def typed(word: str) -> str:
    """A word from the log as it may stand in a command that a person types: quoted where a shell would read it.

    comm, exe, kmod and names are chosen by whoever runs a process. A backtick would end the command within its
    sentence, so it is shown as `?`.
    """
    return shlex.quote(word.replace("`", "?"))
