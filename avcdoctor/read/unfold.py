"""Joins records that a mail program, terminal or web page folded over several lines, without guessing."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, NamedTuple, Optional

from avcdoctor.parse.records import is_tidy, starts_record


class Line(NamedTuple):
    """A logical line.

    Args:
        text: without its end.
        number: the physical line it begins at, the first being 1.
        apart: a blank line or `----` stood before it.
        lines: how many physical lines it is.
    """

    text: bytes
    number: int
    apart: bool = False
    lines: int = 1


_MOST_PARTS = 60  # lines; a record has some 20 fields, and a page may be narrow
_LONGEST = 16384  # bytes; the kernel's longest record is 8970 (MAX_AUDIT_MESSAGE_LENGTH)
_NAME = rb"[A-Za-z_][A-Za-z0-9_-]{0,40}(?:\[[0-9]{1,6}\])?"
_BEGUN = re.compile(
    rb"type=(?:[A-Z][A-Z0-9_]{2,63}|1[0-9]{3})(?:\[[0-9]+\])?(?: |\Z)|"
    rb"audit\([0-9]|avc:|op=security_|\baudit\[[0-9]+\]:"
)
_OWN_START = (b"type=", b"node=", b"host=")
_RULE = re.compile(rb"[.=~*_+#]{3,}\s*\Z")  # a line that parts texts
_TYPE_ALONE = re.compile(rb"(?:\A|\s)type=[A-Z][A-Z0-9_]{1,63} *\Z")
_HEADER_ALONE = re.compile(rb"audit\([^)]{0,64}\) ?:\Z")
_ACROSS = re.compile(
    rb"(?:type=[A-Z0-9_]{2,63} )?(?:msg=)?audit\([0-9]|type=[A-Z0-9_]{3,63} msg=|avc: {0,4}(?:denied|granted)"
)
_ANEW = re.compile(_NAME + rb"=|[{}]|avc:|(?:denied|granted|for)\b|\(?sauid=")
_WHOLE = re.compile(
    _NAME
    + rb"=(?:\"[^\"]*\"[,')]*|[^\s\"'{]*[^\s\"'=:,{-][,')]*)\Z|(?:avc:|denied|granted|for|[{}:]|"
    + rb"[^=\s]*audit\([^)]*\):?|\S+:)\Z"
)
_CLASS_SAID = re.compile(rb"\stclass=([a-z0-9_]+|\(null\))")
_AFTER_CLASS = re.compile(
    rb"(?:permissive|[st]rawcon|exe|sauid|hostname|addr|terminal|res|UID|AUID|SAUID)=|\(sauid|:|'"
)
_CUT_OPEN = re.compile(rb"[=:,.\"'({-]\Z")
_INTERPRETED = re.compile(rb"audit\([0-9]{1,4}[-/.][0-9]{1,2}[-/.]")
_DATE_ENDS = re.compile(rb"audit\([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}\Z")
_WITH_BLANKS = re.compile(rb"(?:path|name|comm|exe|cwd|cmdline|proctitle|exit|a[0-9]+|key|function)=\S*\Z")
_VALUE_GOES_ON = re.compile(rb"[0-9A-Za-z_.:/,()\[\]@+-]*[0-9_:./,)][0-9A-Za-z_.:/,()\[\]@+-]*[,'\"]?\Z|[0-9A-Fa-f]+\Z")
_PERMISSIONS_GO_ON = re.compile(rb"[a-z0-9_ ]{0,500}\}|[a-z0-9_ ]{1,500}\Z")
_NO_FIELD = re.compile(rb"[a-z]{1,16}\Z|[A-Z]{1,12}\Z|t[a-z]*\Z")

PERMISSIONS = frozenset(
    b"accept acceptfrom acquire_svc add_name append associate audit_access bind connect connectto create "
    b"dac_override dac_read_search dyntransition entrypoint enable execheap execmem execmod execstack execute "
    b"execute_no_trans getattr getcap getopt getpgid getsched getsession getrlimit ioctl kill link listen lock map "
    b"mmap_zero module_load module_request mount mounton name_bind name_connect net_admin net_bind_service net_raw "
    b"nlmsg_read nlmsg_relay nlmsg_write noatsecure node_bind open ptrace quotaon read recv recv_msg recvfrom "
    b"relabelfrom relabelto remove_name rename reload reparent restart rlimitinh rmdir search send send_msg sendto "
    b"setattr setcap setcurrent setexec setopt setpgid setrlimit setsched setuid setgid share shutdown sigchld "
    b"siginh sigkill signal signull sigstop start status stop swapon sys_admin sys_module sys_nice sys_ptrace "
    b"sys_rawio sys_resource syslog transition unix_read unix_write unlink unmount use watch watch_reads write".split()
)
"""Frequent permissions, by which a word that a fold cuts in two is told from two words."""
CLASSES = frozenset(
    b"anon_inode association binder blk_file bpf bus cap2_userns cap_userns capability capability2 chr_file dbus "
    b"dir dccp_socket fd fifo_file file filesystem icmp_socket io_uring ipc kernel_service key lnk_file lockdown "
    b"memprotect msg msgq netif netlink_audit_socket netlink_kobject_uevent_socket netlink_route_socket "
    b"netlink_selinux_socket netlink_socket node nscd packet packet_socket passwd peer perf_event process process2 "
    b"property_service rawip_socket sctp_socket security sem service service_manager shm sock_file socket system "
    b"tcp_socket tun_socket udp_socket unix_dgram_socket unix_stream_socket user_namespace x_drawable".split()
)
"""Frequent classes, likewise."""


def logical_lines(lines: Iterable[bytes], first: int = 1) -> Iterator[Line]:
    """Join folded records.

    Args:
        lines: physical lines, with or without their ends.
        first: the first one's number.

    Yields:
        Each logical line; blank lines and ausearch's separators are left out, but noted in the next one.
    """
    whole = b""
    count = number = 0
    apart = gap = False
    for here, physical in enumerate(lines, first):
        text = physical.rstrip(b"\r\n")
        if is_separator(text):
            if count:
                yield Line(whole, number, apart, count)
            count, gap = 0, True
            continue
        if count and count < _MOST_PARTS and len(whole) < _LONGEST:
            joint = _joint(whole, text)
            if joint is not None:
                whole, count = joint.join((whole.rstrip(b"\\ \t"), text.strip(b" \t"))), count + 1
                continue
        if count:
            yield Line(whole, number, apart, count)
        whole, count, number, apart, gap = text, 1, here, gap, False
    if count:
        yield Line(whole, number, apart, count)


def is_separator(text: bytes) -> bool:
    """Whether a line is blank, or one that ausearch puts between events."""
    text = text.strip()
    return not text or (text.startswith((b"--", b"time->")) and b"avc:" not in text)


def _joint(whole: bytes, text: bytes) -> Optional[bytes]:
    """What belongs between a record and the line that goes on with it; None where the line does not belong to it."""
    start = text.lstrip()
    if start.startswith(b"msg=audit(") and _TYPE_ALONE.search(whole[-80:]):
        return b" "
    if _RULE.match(start):
        return None
    if is_tidy(text) or starts_record(text) or start.startswith(_OWN_START):
        return None
    if _BEGUN.search(whole) is None:
        return _across(whole, start)
    bare = whole.rstrip(b"\\ \t")
    if len(bare) < len(whole) and whole.endswith(b"\\"):
        return b"" if len(bare) + 1 == len(whole) and start == text else b" "
    if _HEADER_ALONE.search(bare[-200:]):
        return b" "
    if start.startswith(b"avc:") and not bare.endswith((b"AVC", b"msg='")):
        return None
    opened = _in_something_open(bare, start)
    if opened is not None:
        return None if opened == b"no" else opened
    if _is_over(bare, start):
        return None
    return _between_fields(bare, start)


def _last_word(text: bytes) -> bytes:
    return text.rstrip().rpartition(b" ")[2]


def _across(whole: bytes, start: bytes) -> Optional[bytes]:
    """A fold in the middle of a record's header."""
    if b"audit(" not in start[:120] and b"denied" not in start[:60] and b"msg=" not in start[:60]:
        return None
    for joint in (b"", b" "):
        tail = whole[-60:] + joint
        match = _ACROSS.search(tail + start[:200])
        if match and match.start() < len(whole[-60:]) < match.end():
            return joint
    return None


def _in_something_open(bare: bytes, start: bytes) -> Optional[bytes]:
    """The joint within braces, a stamp or quotes; `no` where the line can't be their rest, None outside of them."""
    if bare.rfind(b"{") > bare.rfind(b"}"):
        if not _PERMISSIONS_GO_ON.match(start):
            return b"no"
        before, after = _last_word(bare), start.partition(b" ")[0]
        return b"" if before not in PERMISSIONS and before + after in PERMISSIONS else b" "
    stamp = bare.rfind(b"audit(")
    if stamp >= 0 and b")" not in bare[stamp:]:
        if b")" not in start[:48]:
            return b"no"
        return b" " if _DATE_ENDS.search(bare) and len(start) > 2 and start[2:3] == b":" else b""
    if bare.count(b'"') % 2:
        if b'"' not in start:
            return b"no"
        key = _last_word(bare[: bare.rfind(b'"')])
        return b" " if key in {b"cmdline=", b"proctitle=", b"function="} else b""
    return None


def _is_over(bare: bytes, start: bytes) -> bool:
    """Whether a vector has all it needs, and the line is none of what may follow."""
    said = _CLASS_SAID.search(bare)
    if said is None:
        return False
    if bare.endswith(said[0]) and said[1] not in CLASSES:
        word = start.split(None, 1)
        return not (
            _AFTER_CLASS.match(start) or said[1] + word[0] in CLASSES or (word[1:] and _AFTER_CLASS.match(word[1]))
        )
    if b"msg='" in bare and b"'" in start:
        return False
    last = _last_word(bare)
    if _WHOLE.match(last):
        return _AFTER_CLASS.match(start) is None or (
            b"permissive=" in bare and b"msg='" not in bare and b"rawcon" not in start[:8]
        )
    return False


def _between_fields(bare: bytes, start: bytes) -> Optional[bytes]:
    """The joint between or within fields; None where the line holds no fields."""
    last = _last_word(bare)
    words = start.split(None, 2)
    anew = _ANEW.match(start) is not None
    whole = _WHOLE.match(last) is not None
    interpreted = _INTERPRETED.search(bare) is not None
    if whole and anew:
        return b" "
    if len(words) > 1 and not anew and not _ANEW.match(words[1]):
        return None if not (interpreted and whole and _WITH_BLANKS.search(bare) and b"=" in start) else b" "
    if whole:  # the value goes on
        if len(words) == 1 and not _VALUE_GOES_ON.match(words[0]):
            return None
        return b" " if interpreted and _WITH_BLANKS.search(last) else b""
    if anew and interpreted and not _CUT_OPEN.search(last):
        return b" " if _is_known(start) else b""
    if anew and not (_NO_FIELD.match(last) or _CUT_OPEN.search(last)):
        return b" "
    return b""


def _is_known(start: bytes) -> bool:
    return start.partition(b"=")[0] in _KNOWN


_KNOWN = frozenset(
    b"pid comm path name dev ino scontext tcontext tclass permissive exe subj key arch syscall success exit items "
    b"ppid auid uid gid euid suid fsuid egid sgid fsgid tty ses capability ioctlcmd src dest".split()
)
