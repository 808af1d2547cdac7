"""Names of system calls, errors and record types for machines without auparse."""

from __future__ import annotations

import errno

RECORD_TYPES = {
    "1107": "USER_AVC",
    "1300": "SYSCALL",
    "1302": "PATH",
    "1305": "CONFIG_CHANGE",
    "1306": "SOCKADDR",
    "1307": "CWD",
    "1309": "EXECVE",
    "1318": "OBJ_PID",
    "1320": "EOE",
    "1323": "MMAP",
    "1327": "PROCTITLE",
    "1334": "BPF",
    "1336": "URINGOP",
    "1400": "AVC",
    "1401": "SELINUX_ERR",
    "1402": "AVC_PATH",
    "1403": "MAC_POLICY_LOAD",
    "1404": "MAC_STATUS",
    "2107": "USER_SELINUX_ERR",
    "1440": "AVC_PATH",
}
"""Record types by number, as include/uapi/linux/audit.h and libaudit's msg_typetab.h have them."""

X86_64 = 0xC000003E
AARCH64 = 0xC00000B7
I386 = 0x40000003
ARM = 0x40000028

ARCHES = {"x86_64": X86_64, "aarch64": AARCH64, "i386": I386, "arm": ARM}

_X86_64 = """
0 read 1 write 2 open 3 close 4 stat 5 fstat 6 lstat 7 poll 8 lseek 9 mmap 10 mprotect 16 ioctl 17 pread64 18 pwrite64
19 readv 20 writev 21 access 29 shmget 30 shmat 31 shmctl 32 dup 33 dup2 40 sendfile 41 socket 42 connect 43 accept
44 sendto 45 recvfrom 46 sendmsg 47 recvmsg 48 shutdown 49 bind 50 listen 51 getsockname 52 getpeername 53 socketpair
54 setsockopt 55 getsockopt 56 clone 57 fork 58 vfork 59 execve 61 wait4 62 kill 64 semget 65 semop 66 semctl
68 msgget 69 msgsnd 70 msgrcv 71 msgctl 72 fcntl 73 flock 74 fsync 76 truncate 77 ftruncate 78 getdents 79 getcwd
80 chdir 81 fchdir 82 rename 83 mkdir 84 rmdir 85 creat 86 link 87 unlink 88 symlink 89 readlink 90 chmod 91 fchmod
92 chown 93 fchown 94 lchown 97 getrlimit 98 getrusage 101 ptrace 103 syslog 105 setuid 106 setgid 109 setpgid
112 setsid 113 setreuid 114 setregid 116 setgroups 117 setresuid 119 setresgid 124 getsid 125 capget 126 capset
132 utime 133 mknod 137 statfs 138 fstatfs 141 setpriority 142 sched_setparam 144 sched_setscheduler 149 mlock
155 pivot_root 157 prctl 159 adjtimex 160 setrlimit 161 chroot 163 acct 164 settimeofday 165 mount 166 umount2
167 swapon 169 reboot 170 sethostname 172 iopl 173 ioperm 175 init_module 176 delete_module 188 setxattr 189 lsetxattr
190 fsetxattr 191 getxattr 192 lgetxattr 193 fgetxattr 194 listxattr 195 llistxattr 196 flistxattr 197 removexattr
200 tkill 217 getdents64 227 clock_settime 234 tgkill 235 utimes 248 add_key 249 request_key 250 keyctl
254 inotify_add_watch 257 openat 258 mkdirat 259 mknodat 260 fchownat 262 newfstatat 263 unlinkat 264 renameat
265 linkat 266 symlinkat 267 readlinkat 268 fchmodat 269 faccessat 272 unshare 275 splice 280 utimensat 288 accept4
298 perf_event_open 299 recvmmsg 301 fanotify_mark 302 prlimit64 303 name_to_handle_at 304 open_by_handle_at
307 sendmmsg 308 setns 310 process_vm_readv 311 process_vm_writev 313 finit_module 314 sched_setattr 316 renameat2
319 memfd_create 321 bpf
322 execveat 323 userfaultfd 326 copy_file_range 329 pkey_mprotect 332 statx 425 io_uring_setup 426 io_uring_enter
434 pidfd_open 437 openat2 438 pidfd_getfd 439 faccessat2
"""

_AARCH64 = """
5 setxattr 6 lsetxattr 7 fsetxattr 8 getxattr 9 lgetxattr 10 fgetxattr 17 getcwd 23 dup 24 dup3 25 fcntl
27 inotify_add_watch 29 ioctl 32 flock 33 mknodat 34 mkdirat 35 unlinkat 36 symlinkat 37 linkat 38 renameat 39 umount2
40 mount 41 pivot_root 43 statfs 44 fstatfs 45 truncate 46 ftruncate 48 faccessat 49 chdir 50 fchdir 51 chroot 52 fchmod
53 fchmodat 54 fchownat 55 fchown 56 openat 57 close 61 getdents64 62 lseek 63 read 64 write 65 readv 66 writev
67 pread64 68 pwrite64 71 sendfile 76 splice 78 readlinkat 79 newfstatat 80 fstat 88 utimensat 90 capget 91 capset
97 unshare 105 init_module 106 delete_module 112 clock_settime 116 syslog 117 ptrace 119 sched_setscheduler 129 kill
140 setpriority 142 reboot 144 setgid 146 setuid 147 setresuid 149 setresgid 157 setsid 159 setgroups 161 sethostname
164 setrlimit 167 prctl 186 msgget 190 semget 194 shmget 196 shmat 198 socket 199 socketpair 200 bind 201 listen
202 accept 203 connect 206 sendto 207 recvfrom 208 setsockopt 209 getsockopt 210 shutdown 211 sendmsg 212 recvmsg
217 add_key 218 request_key 219 keyctl 220 clone 221 execve 222 mmap 226 mprotect 228 mlock 241 perf_event_open
242 accept4 243 recvmmsg 261 prlimit64 263 fanotify_mark 264 name_to_handle_at 265 open_by_handle_at 268 setns
269 sendmmsg 273 finit_module 276 renameat2 279 memfd_create 280 bpf 281 execveat 282 userfaultfd 285 copy_file_range
291 statx 425 io_uring_setup 426 io_uring_enter 434 pidfd_open 437 openat2 438 pidfd_getfd 439 faccessat2
"""


def _table(words: str) -> dict[int, str]:
    parts = words.split()
    return {int(number): name for number, name in zip(parts[::2], parts[1::2])}


SYSCALLS = {X86_64: _table(_X86_64), AARCH64: _table(_AARCH64)}
"""System calls that touch objects SELinux knows, by architecture and number (arch/*/entry/syscalls, unistd.h)."""


def errno_name(number: int) -> str:
    """The name of a Linux error number, such as EACCES for 13; the number as text when it has none."""
    return errno.errorcode.get(number, str(number))
