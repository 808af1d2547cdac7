"""Tries `avcdoctor tail` in the full guest: as its unit, through rotation, and as auditd's plugin, enforcing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

from lab.guest import Guest, guard
from lab.loop import LOG, accesses
from lab.paths import PROJECT, LabError, LabSkipped, cache
from lab.ready import ready

PACKAGING = PROJECT / "packaging"
WEB = """
mkdir -p /data/site && echo hello > /data/site/page.html && restorecon -RF /data
sed -i 's,root /var/www/html;,root /data/site;,' /etc/nginx/sites-enabled/default
systemctl start nginx; curl -s -o /dev/null http://127.0.0.1/page.html
"""
UNIT_SAID = "journalctl -u avcdoctor-tail -o cat --no-pager | grep -q {}"
SSH = "echo 'Port 12222' >> /etc/ssh/sshd_config; systemctl restart ssh"
ROTATE = {
    "auditd rotates": "kill -USR1 $(pidof auditd); sleep 2",
    "moved and made anew, as logrotate does": f"mv {LOG} {LOG}.1 && kill -HUP $(pidof auditd); sleep 3",
}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the checks.

    Returns:
        0 when all pass (or the lab cannot run here), 1 otherwise, 3 when the lab failed.
    """
    parser = argparse.ArgumentParser(prog="lab.tail", description=__doc__)
    parser.add_argument("--output", help="where the outcome goes (JSON; default: in the cache)")
    parser.add_argument("--only", help="only the checks with this in their name")
    chosen = parser.parse_args(arguments)
    guard()
    results: Dict[str, List[str]] = {}
    try:
        snapshot = ready("full")
        for name, check in checks().items():
            if chosen.only and chosen.only not in name:
                continue
            with Guest(snapshot.machine) as guest:
                guest.wake(snapshot)
                results[name] = check(guest)
            print(f"{'FAILED' if results[name] else 'ok    '} tail: {name} {'; '.join(results[name])}", flush=True)
    except LabSkipped as reason:
        print(f"lab: skipped: {reason}")
        return 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 3
    target = Path(chosen.output) if chosen.output else cache() / "tail.json"
    target.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 1 if any(results.values()) else 0


def checks() -> Dict[str, Callable[[Guest], List[str]]]:
    """Each check by its name; a check returns what was wrong, in words."""
    found: Dict[str, Callable[[Guest], List[str]]] = {}
    for name, script in ROTATE.items():
        found[f"its unit, while {name}"] = lambda guest, script=script: unit(guest, script)  # type: ignore[misc]
    found["auditd's plugin"] = plugin
    return found


def unit(guest: Guest, rotate: str) -> List[str]:
    """The shipped unit tells of a denial before and of another after the rotation, and is denied nothing itself."""
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
    faults = [] if wait(guest, UNIT_SAID.format("httpd_t")) else ["nothing was said of httpd_t"]
    guest.run(rotate, 120)
    guest.run(SSH, 120)
    if not wait(guest, UNIT_SAID.format("sshd_t")):
        faults.append("nothing was said of sshd_t, which was denied after the rotation")
    if guest.run("systemctl is-active avcdoctor-tail").code:
        faults.append("the unit ended")
    return faults + own_denials(guest)


def plugin(guest: Guest) -> List[str]:
    """auditd starts the plugin in its own domain; what it tells goes to the system log."""
    active = (
        (PACKAGING / "auditd" / "avcdoctor.conf").read_text(encoding="utf-8").replace("active = no", "active = yes")
    )
    guest.put("/etc/audit/plugins.d/avcdoctor.conf", active.encode())
    guest.run("restorecon /etc/audit/plugins.d/avcdoctor.conf; kill -HUP $(pidof auditd)", 120)
    running = wait(guest, "pgrep -f 'avcdoctor tail --plugin'")
    faults = [] if running else ["auditd did not start it, or it ended"]
    guest.run("sleep 5; " + WEB, 120)
    if not wait(guest, "journalctl -t avcdoctor -o cat --no-pager | grep -q httpd_t"):
        faults.append("nothing was said of httpd_t")
    return faults + own_denials(guest)


def wait(guest: Guest, script: str, seconds: int = 90) -> bool:
    """Whether a script succeeds within so many seconds; it is tried again and again."""
    until = f"until {{ {script}; }} >/dev/null 2>&1"
    loop = f"end=$(($(date +%s)+{seconds})); {until}; do [ $(date +%s) -lt $end ] || exit 1; sleep 0.5; done"
    return guest.run(loop, seconds + 60).code == 0


def own_denials(guest: Guest) -> List[str]:
    """Denials of avcdoctor itself, by the program's name in the records."""
    records = guest.run(f"cat {LOG}.1 {LOG} 2>/dev/null | grep denied | grep -E 'comm=\"(avcdoctor|python3)\"'").output
    return [f"it was denied: {' '.join(access)}" for access in sorted(accesses(records))]


if __name__ == "__main__":
    sys.exit(main())
