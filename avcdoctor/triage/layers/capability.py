"""Privileges a process does not have: EPERM for what needs a capability, EACCES for a privileged port."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Optional, Tuple

from avcdoctor.model import Remedy
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import DONTAUDIT, Layer, observe, paths, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.refusals import listening_port, runs_as_root

NEEDS: Tuple[Tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.I), name)
    for pattern, name in (
        (r"\b(?:chroot|pivot_root)\b", "CAP_SYS_CHROOT"),
        (r"\b(?:u?mount\w*|setns|unshare|clone\w*|namespace|swapon|sethostname|cgroup|fsopen)\b", "CAP_SYS_ADMIN"),
        (r"\b(?:raw socket|SOCK_RAW|icmp|ping|AF_PACKET|packet socket|socket)\b", "CAP_NET_RAW"),
        (
            r"\b(?:iptables|nft|nftables|netlink|tun(?:tap)?|tap|route|RTNETLINK|ip6?tables|SO_BINDTODEVICE|SO_MARK|promisc\w*|interface)\b",
            "CAP_NET_ADMIN",
        ),
        (r"\b(?:set(?:re|res)?uid|setuid|switch user)\b", "CAP_SETUID"),
        (r"\b(?:set(?:re|res)?gid|setgroups|initgroups|supplementary groups)\b", "CAP_SETGID"),
        (r"\b(?:ptrace|strace|attach|process_vm_readv)\b", "CAP_SYS_PTRACE"),
        (r"\b(?:mlock\w*|lock(?:ing)? memory|hugetlb|SHM_HUGETLB)\b", "CAP_IPC_LOCK"),
        (r"\b(?:nice|sched_?set\w*|ioprio|priority|scheduler|oom_score_adj)\b", "CAP_SYS_NICE"),
        (r"\b(?:rlimit|setrlimit|NOFILE|nofile|ulimit)\b", "CAP_SYS_RESOURCE"),
        (r"\b(?:mknod)\b", "CAP_MKNOD"),
        (r"\b(?:clock|settimeofday|adjtimex|system time)\b", "CAP_SYS_TIME"),
        (r"\b(?:insmod|modprobe|init_module|kernel module|rmmod)\b", "CAP_SYS_MODULE"),
        (r"\b(?:bpf|BPF_)\b", "CAP_BPF"),
        (r"\b(?:perf_event\w*)\b", "CAP_PERFMON"),
        (r"\b(?:l?chown|chgrp|changing (?:ownership|group))\b", "CAP_CHOWN"),
        (r"\b(?:reboot|kexec)\b", "CAP_SYS_BOOT"),
        (r"\b(?:kill|signal)\b", "CAP_KILL"),
        (r"\b(?:sysctl|/proc/sys)\b", "CAP_SYS_ADMIN"),
    )
)


_OTHERS = re.compile(
    r"/proc/\d+/(?:io|environ|exe|cwd|root|maps|smaps\w*|mem|fd|fdinfo|ns|auxv|stack|syscall|wchan|personality)\b"
)
"""What the kernel shows to the process's own user and to CAP_SYS_PTRACE alone (proc(5), ptrace access mode)."""


def low_port(message: str) -> str:
    """The port below 1024 that a message about listening names, or nothing."""
    port = listening_port(message)
    return str(port) if port is not None and port < 1024 else ""


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """EPERM for a privileged operation, or EACCES for a port below 1024."""
    if errno is None or errno.name not in ("EPERM", "EACCES"):
        return None
    if low_port(line.message):
        return observe(line, "capability", "a port below 1024 without CAP_NET_BIND_SERVICE", "errno", errno.name)
    path = find_path(line.message, errno)
    if errno.name == "EACCES" and _OTHERS.match(path):
        what = "reading what /proc tells of other users' processes without CAP_SYS_PTRACE"
        return observe(line, "capability", what, "errno", "EACCES", path)
    if errno.name == "EACCES":
        return None
    what = "EPERM: the process lacks a privilege"
    seen = observe(line, "capability", what, "errno", "EPERM", find_path(line.message, errno))
    return replace(seen, fields={"root": "yes" if runs_as_root(line) else ""})


def needed(message: str) -> str:
    """The capability that the operation named in a message needs, or nothing."""
    return next((name for pattern, name in NEEDS if pattern.search(message)), "")


def explain(observation: Observation) -> Explanation:
    """Which privilege is missing, as far as the message tells."""
    port = low_port(observation.line)
    name = "CAP_NET_BIND_SERVICE" if port else needed(observation.line)
    missing = name or "a privilege"
    if _OTHERS.match(observation.path):
        name = missing = "CAP_SYS_PTRACE"
    if name == "CAP_CHOWN":
        missing = "CAP_CHOWN (or the mount keeps no owners: NFS with root_squash, CIFS, FAT)"
    if "file capabilities" in observation.what:
        missing = "a capability that the file carries"
    what = f"listening on port {port}" if port else "what it tried"
    return Explanation(
        kind="privileged-port" if port else "missing-capability",
        likely=bool(port) or observation.fields.get("root") != "yes",
        title=f"the process lacks {missing} for {what}" + ("" if name else ", and the message does not say which"),
        cause=f"{missing} is missing: not root, or the unit or the container took it away",
        because=(
            "Operation not permitted is the kernel's answer to a process without the privilege. SELinux can take "
            "a capability away as well, "
            "but then an AVC with tclass=capability stands in the audit trail."
            if not port
            else (
                "Ports below net.ipv4.ip_unprivileged_port_start (1024) need a capability. SELinux guards ports too, "
                "with an AVC { name_bind }."
            )
        ),
        remedies=(
            remedy(
                "app-fix",
                f"give the service {missing}" if name else "find out which capability it lacks, and give it that one",
                steps=(
                    f"`AmbientCapabilities={name or 'CAP_...'}` (unit), "
                    f"`--cap-add={(name or 'CAP_...').replace('CAP_', '')}` (container)",
                ),
            ),
            *((_other_port(),) if port else ()),
            *((_server(observation),) if name == "CAP_CHOWN" else ()),
        ),
        if_selinux="an AVC with tclass=capability or { name_bind } in the same second",
        sure=("`grep Cap /proc/PID/status` and `capsh --decode=HEX` show what the process has", DONTAUDIT),
    )


def _other_port() -> Remedy:
    sysctl = "or start the container with `--sysctl net.ipv4.ip_unprivileged_port_start=0`"
    return remedy("app-fix", "listen on a port above 1023 and redirect to it", steps=(sysctl,))


def _server(observation: Observation) -> Remedy:
    title = "on NFS or CIFS the server refuses (root_squash): set the owner there, or by mount options (uid=, gid=)"
    return remedy("mount-option", title, [["findmnt", "-T", *paths(observation)]])


LAYER = Layer(
    name="capability",
    recognise=recognise,
    explain=explain,
    not_selinux="no record of SELinux (tclass=capability) is in the evidence",
    if_selinux="an AVC with tclass=capability, capability2 or cap_userns in the same second",
)
