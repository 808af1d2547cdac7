"""Tries `avcdoctor tail` in the full guest: as its unit, through rotation, and as auditd's plugin, enforcing."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

from lab.guest import Guest, guard
from lab.loop import LOG, accesses
from lab.paths import PROJECT, LabError, LabSkipped, cache, commit
from lab.pool import run_all
from lab.ready import ready

PACKAGING = PROJECT / "packaging"
WEB = """
mkdir -p /data/site && echo hello > /data/site/page.html && restorecon -RF /data
sed -i 's,root /var/www/html;,root /data/site;,' /etc/nginx/sites-enabled/default
systemctl start nginx; curl -s -o /dev/null http://127.0.0.1/page.html
"""
PLUGIN_SAID = "journalctl -t avcdoctor -o cat --no-pager | grep -q {}"
UNIT_SAID = "journalctl -u avcdoctor-tail -o cat --no-pager | grep -q {}"
SSH = "echo 'Port 12222' >> /etc/ssh/sshd_config; systemctl restart ssh"
LOGROTATE = r"""
printf '%s {{\n rotate 3\n {}\n}}\n' {} > /etc/logrotate.lab
logrotate -f /etc/logrotate.lab; sleep 3; test -s {}.1
"""
MOVE = r"create 0600 root root\n postrotate\n kill -HUP $(pidof auditd)\n endscript"
ROTATE = {
    "auditd rotates": f"kill -USR1 $(pidof auditd); sleep 2; test -s {LOG}.1",
    "logrotate moves the log": LOGROTATE.format(MOVE, LOG, LOG),
    "logrotate copies and truncates it": LOGROTATE.format("copytruncate", LOG, LOG),
}
Check = Callable[[Guest], List[str]]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the checks.

    Returns:
        0 when all pass (or the lab cannot run here), 1 otherwise, 3 when the lab failed.
    """
    parser = argparse.ArgumentParser(prog="lab.tail", description=__doc__)
    parser.add_argument("--output", help="where the outcome goes (JSON; default: in the cache)")
    parser.add_argument("--minutes", type=float, default=15, help="start no further check after so many minutes")
    parser.add_argument("--only", help="only the checks with this in their name")
    chosen = parser.parse_args(arguments)
    guard()
    commit()
    results: Dict[str, List[str]] = {}
    wanted = [name for name in checks() if not chosen.only or chosen.only in name]

    def told(name: str, faults: Optional[List[str]]) -> None:
        results[name] = ["there was no time for it"] if faults is None else faults
        print(f"{'FAILED' if results[name] else 'ok    '} tail: {name} {'; '.join(results[name])}", flush=True)

    try:
        ready("full")
        run_all(wanted, run_check, time.monotonic() + 60 * chosen.minutes, told)
    except LabSkipped as reason:
        print(f"lab: skipped: {reason}")
        return 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 3
    target = Path(chosen.output) if chosen.output else cache() / "tail.json"
    found = {"commit": commit(), "checks": {name: results[name] for name in wanted}}
    target.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 1 if any(results.values()) else 0


def checks() -> Dict[str, Check]:
    """Each check by its name; a check returns what was wrong, in words."""
    found: Dict[str, Check] = {}
    for name, script in ROTATE.items():
        found[f"its unit, while {name}"] = lambda guest, script=script: unit(guest, script)  # type: ignore[misc]
    for name, script in list(ROTATE.items())[:2]:
        found[f"auditd's plugin, while {name}"] = lambda guest, script=script: plugin(guest, script)  # type: ignore[misc]
    found["the journal, where no auditd runs"] = journal
    return found


def run_check(name: str) -> List[str]:
    """One check in a fresh guest."""
    snapshot = ready("full")
    with Guest(snapshot.machine) as guest:
        try:
            guest.wake(snapshot)
            return checks()[name](guest)
        except LabError as error:
            return [str(error)]


def confine(guest: Guest) -> List[str]:
    """Load avcdoctor's own policy module and label the program, as its first lines say."""
    guest.put("/root/avcdoctor.cil", (PACKAGING / "selinux" / "avcdoctor.cil").read_bytes())
    done = guest.run(
        "semodule -i /root/avcdoctor.cil && restorecon -v /usr/bin/avcdoctor && ls -Z /usr/bin/avcdoctor", 300
    )
    return [] if "avcdoctor_exec_t" in done.output else [f"the policy module could not be loaded: {done.output[-300:]}"]


def domain_of(guest: Guest, words: str) -> List[str]:
    """What is wrong with the domain of a running avcdoctor."""
    seen = guest.run(f"ps -eo label=,args= | grep -F '{words}' | grep -v grep").output.strip()
    return [] if ":avcdoctor_t:" in seen else [f"it does not run in avcdoctor_t: {seen[:200] or 'it does not run'}"]


def unit(guest: Guest, rotate: str) -> List[str]:
    """The shipped unit tells of a denial before and of another after the rotation, and is denied nothing itself."""
    faults = confine(guest)
    guest.put(
        "/etc/systemd/system/avcdoctor-tail.service", (PACKAGING / "systemd" / "avcdoctor-tail.service").read_bytes()
    )
    guest.run("restorecon /etc/systemd/system/avcdoctor-tail.service; systemctl daemon-reload", 120)
    guest.run("systemctl start avcdoctor-tail")
    if not wait(guest, f"ls -l /proc/$(systemctl show -P MainPID avcdoctor-tail)/fd | grep -q {LOG}"):
        return [
            f"the unit does not run: {guest.run('journalctl -u avcdoctor-tail -n 6 -o cat --no-pager').output[-500:]}"
        ]
    guest.run(WEB, 120)
    if not wait(guest, UNIT_SAID.format("httpd_t")):
        faults.append("nothing was said of httpd_t")
    faults += domain_of(guest, "avcdoctor tail --format json")
    if guest.run(rotate, 120).code:
        faults.append("the log was not rotated")
    guest.run(SSH, 120)
    if not wait(guest, UNIT_SAID.format("sshd_t")):
        faults.append("nothing was said of sshd_t, which was denied after the rotation")
    if guest.run("systemctl is-active avcdoctor-tail").code:
        faults.append("the unit ended")
    return faults + own_denials(guest)


def plugin(guest: Guest, rotate: str) -> List[str]:
    """auditd starts the plugin, which enters its own domain; what it tells goes to the system log."""
    faults = confine(guest)
    text = (PACKAGING / "auditd" / "avcdoctor.conf").read_text(encoding="utf-8")
    guest.put("/etc/audit/plugins.d/avcdoctor.conf", text.replace("active = no", "active = yes").encode())
    guest.run("restorecon /etc/audit/plugins.d/avcdoctor.conf; kill -HUP $(pidof auditd)", 120)
    if not wait(guest, "pgrep -f '[a]vcdoctor tail --plugin'"):
        faults.append("auditd did not start it, or it ended")
    guest.run("sleep 5; " + WEB, 120)
    if not wait(guest, PLUGIN_SAID.format("httpd_t")):
        faults.append("nothing was said of httpd_t")
    if guest.run(PLUGIN_SAID.format("HTTPD009")).code:
        faults.append("httpd_t was named, but not explained by the policy")
    faults += domain_of(guest, "avcdoctor tail --plugin")
    if guest.run(rotate, 120).code:
        faults.append("the log was not rotated")
    guest.run(SSH, 120)
    if not wait(guest, PLUGIN_SAID.format("sshd_t")):
        faults.append("nothing was said of sshd_t, which was denied after the rotation")
    return faults + own_denials(guest)


def journal(guest: Guest) -> List[str]:
    """Without auditd and its log, `explain` and `tail --journal` find what journald has of the kernel's records."""
    guest.run(f"pkill -x auditd; sleep 1; mv {LOG} /root/old.log; " + WEB, 120)
    said = guest.run("avcdoctor explain --exit-zero --format json", 300).output
    faults = [] if '"httpd_t"' in said else [f"explain did not find httpd_t in the journal: {said[-200:]}"]
    guest.run("avcdoctor tail --journal --format json >/root/tail.out 2>/root/tail.err & sleep 8", 60)
    guest.run(SSH, 120)
    if not wait(guest, "grep -q sshd_t /root/tail.out"):
        faults.append(f"tail --journal did not tell of sshd_t: {guest.run('cat /root/tail.err').output[-200:]}")
    guest.run("pkill -TERM -f '[a]vcdoctor tail --journal'")
    if not wait(guest, "! pgrep -f '[a]vcdoctor tail --journal' && grep -q summary /root/tail.out /root/tail.err", 30):
        faults.append("tail --journal did not end with a summary when it was told to end")
    return faults


def wait(guest: Guest, script: str, seconds: int = 90) -> bool:
    """Whether a script succeeds within so many seconds, more beside other work; it is tried again and again."""
    seconds = round(seconds * guest.slowness())
    until = f"until {{ {script}; }} >/dev/null 2>&1"
    loop = f"end=$(($(date +%s)+{seconds})); {until}; do [ $(date +%s) -lt $end ] || exit 1; sleep 0.5; done"
    return guest.run(loop, seconds + 60).code == 0


def own_denials(guest: Guest) -> List[str]:
    """Denials of avcdoctor itself, by the program's name or its domain in the records."""
    mine = 'comm="(avcdoctor|python3)"|scontext=[^ ]*:avcdoctor_t:'
    records = guest.run(f"cat {LOG}.1 {LOG} 2>/dev/null | grep denied | grep -E '{mine}'").output
    return [f"it was denied: {' '.join(access)}" for access in sorted(accesses(records))]


if __name__ == "__main__":
    sys.exit(main())
