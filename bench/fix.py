"""Times one transaction of avcdoctor's store with 1 and with 50 actions beside the same made by semanage, one by one.

It works on a copy of this machine's policy store. semanage knows no other root, so it runs in a mount namespace of its
own in which that copy lies over /etc/selinux and /var/lib/selinux: it needs root and unshare(1).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import List, Sequence, Tuple

from avcdoctor.host.files import Files
from avcdoctor.host.items import Edit, Item
from avcdoctor.host.store import PolicyStore, store_name

MANY = 50
NAMESPACE = """\
set -eu
mount --bind "$1/etc/selinux" /etc/selinux
mount --bind "$1/var/lib/selinux" /var/lib/selinux
while read -r line; do
  set -f
  # shellcheck disable=SC2086
  semanage $line
done
"""


def possible() -> bool:
    tools = shutil.which("unshare") and shutil.which("semanage")
    return bool(tools) and os.geteuid() == 0 and store_name(Files(Path("/"))) is not None


def copied(folder: Path) -> PolicyStore:
    name = store_name(Files(Path("/")))
    assert name is not None
    shutil.copytree("/etc/selinux", folder / "etc/selinux", symlinks=True)
    shutil.copytree(f"/var/lib/selinux/{name}", folder / "var/lib/selinux" / name, symlinks=True)
    return PolicyStore(folder, name, live=False)


def work(number: int) -> Tuple[List[Edit], List[str]]:
    """The same changes for both: half file contexts, half ports."""
    edits, lines = [], []
    for index in range(number):
        if index % 2:
            port = 31000 + index
            value = "system_u:object_r:http_port_t:s0"
            edits.append(Edit(Item("port", ("tcp", str(port), str(port))), value))
            lines.append(f"port -a -t http_port_t -p tcp {port}")
        else:
            value = "system_u:object_r:httpd_sys_content_t:s0"
            edits.append(Edit(Item("fcontext", (f"/srv/bench{index}(/.*)?", "a")), value))
            lines.append(f"fcontext -a -t httpd_sys_content_t /srv/bench{index}(/.*)?")
    return edits, lines


def together(store: PolicyStore, edits: Sequence[Edit]) -> None:
    """In a process of its own, as each command of semanage is, and since libsemanage serves one store per process."""
    child = multiprocessing.get_context("fork").Process(target=store.commit, args=(edits,))
    child.start()
    child.join()
    if child.exitcode:
        sys.exit("the transaction failed")


def local(store: PolicyStore, name: str) -> List[str]:
    file = store.directory / "active" / name
    lines = file.read_text().splitlines() if file.exists() else []
    return sorted(" ".join(line.split()) for line in lines)


def separate(folder: Path, lines: Sequence[str]) -> None:
    script = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", NAMESPACE, "sh", str(folder)]
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(script, input=text, text=True, check=False, capture_output=True)
    if done.returncode:
        sys.exit(f"semanage: {done.stderr.strip()[-500:]}")


def measured(call: object, *arguments: object) -> Tuple[float, float]:
    """(seconds by the clock, seconds of processor) of a call, its children included."""
    assert callable(call)
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    began = time.monotonic()
    call(*arguments)
    length = time.monotonic() - began
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    used = sum(new.ru_utime + new.ru_stime - old.ru_utime - old.ru_stime for old, new in zip(before, after))
    return length, used


def main() -> None:
    if not possible():
        print("skipped: this takes root, unshare, semanage and a policy store")
        return
    print(f"{'actions':>8} {'one transaction':>22} {'semanage, one by one':>24} {'times (processor)':>18}")
    for number in (1, MANY):
        edits, lines = work(number)
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            store, peer = copied(Path(one)), copied(Path(other))
            ours = measured(together, store, edits)
            theirs = measured(separate, peer.root, lines)
            same = all(local(store, name) == local(peer, name) for name in ("file_contexts.local", "ports.local"))
        if not same:
            sys.exit("the two stores differ afterwards")
        print(
            f"{number:>8} {ours[0]:>9.1f} s {ours[1]:>6.1f} s cpu {theirs[0]:>9.1f} s {theirs[1]:>6.1f} s cpu "
            f"{theirs[1] / ours[1]:>12.1f}"
        )


if __name__ == "__main__":
    main()
