"""Logs that lead to every kind of remedy, and what must hold for each remedy whatever the log."""

from __future__ import annotations

from typing import Dict, List

from avcdoctor.actions.registry import canonical, undo
from avcdoctor.knowledge.weakening import weakens
from avcdoctor.model import APPLICABILITIES, REMEDY_KINDS, Incident, Remedy
from tests.denials import Touched, denied, words_of

_CONTAINER = "system_u:system_r:container_t:s0:c1,c2"
_SCRIPT = ["/bin/bash", "/etc/keepalived/check.sh"]

BY_KIND: Dict[str, str] = {
    "restorecon": denied("httpd_t", "user_home_t", "file", "read", comm="httpd", path="/var/www/html/a.html"),
    "fcontext": denied("httpd_t", "default_t", "file", "read open", comm="httpd", path="/data/shop/index.html"),
    "exec-type": denied("httpd_t", "var_t", "file", "execute", comm="httpd", path="/srv/app/cgi-bin/run.pl"),
    "move": denied(
        *("keepalived_t", "ping_exec_t", "file", "getattr"),
        comm="check.sh", call="execve", exe="/usr/bin/bash", execve=_SCRIPT, path="/usr/bin/ping",
    ),
    "boolean": denied("httpd_t", "postgresql_port_t", "tcp_socket", "name_connect", comm="php-fpm", dest=5432),
    "port": denied("httpd_t", "unreserved_port_t", "tcp_socket", "name_bind", comm="httpd", src=8999),
    "container-label": denied(
        _CONTAINER, "system_u:object_r:container_file_t:s0:c3,c4", "file", "read", comm="nginx", path="/data/a"
    ),
    "domain-transition": denied("redis_t", "ping_t", "process2", "nnp_transition", comm="redis-server"),
    "mount-option": denied("redis_t", "dosfs_t", "file", "read", comm="redis-server", path="/media/a", dev="sdb1"),
    "dac": denied(
        *("redis_t", "redis_t", "capability", "dac_override"),
        comm="redis-server", call="openat", touched=(Touched("/srv/app/data.db", 0o100600, 1001, 1001, "var_t"),),
    ),
    "constraint": denied(
        *("unconfined_u:system_r:sshd_t:s0", "system_u:object_r:sshd_var_run_t:s0", "file", "create"), name="a.pid"
    ),
    "app-fix": denied("redis_t", "kernel_t", "system", "module_request", comm="redis-server", kmod="net-pf-10"),
    "package-update": denied(
        "redis_t", "unlabeled_t", "file", "read", name="a", tail=" trawcon=system_u:object_r:gone_t:s0"
    ),
    "policy-update": denied("redis_t", "httpd_sys_content_t", "file", "read", path="/var/www/html/a.html"),
    "dontaudit": denied("redis_t", "init_t", "process", "noatsecure siginh", comm="redis-server"),
    "module": denied("redis_t", "named_conf_t", "file", "read", comm="redis-server", path="/etc/named.conf"),
    "keep-denied": denied("httpd_t", "shadow_t", "file", "read", comm="php-fpm", path="/etc/shadow"),
}  # fmt: skip
"""A log for each kind of remedy, which must be among what it leads to."""

_TAKEN_BACK = (
    "fcontext-add",
    "fcontext-equal-add",
    "boolean-set",
    "port-add",
    "port-modify",
    "module-install",
    "file-move",
)
_GRANTING = ("boolean", "port", "module", "fcontext")


def faults(incident: Incident) -> List[str]:
    """What is wrong with an incident and its remedies; nothing when all promises are kept."""
    finding = incident.finding
    found = [] if finding.title and finding.why and incident.remedies else ["an empty answer"]
    if weakens(words_of(incident)):
        found.append("words that switch SELinux off")
    for one in incident.remedies:
        found += [f"{one.kind}: {fault}" for fault in _remedy_faults(one, incident)]
    return found


def _remedy_faults(remedy: Remedy, incident: Incident) -> List[str]:
    found = []
    groups = {group.key: group.count for group in incident.finding.groups}
    if remedy.kind not in REMEDY_KINDS or remedy.applicability not in APPLICABILITIES:
        found.append("an unknown kind or applicability")
    if not (remedy.title and remedy.actions and remedy.simulation.why):
        found.append("no title, no action or no reason")
    if {remedy.simulation.before, remedy.simulation.after} - {"denied", "allowed", "unknown"}:
        found.append("an unknown verdict")
    if not set(remedy.groups) <= set(groups) or remedy.resolves != sum(groups[key] for key in remedy.groups):
        found.append("it resolves something else than its groups")
    if remedy.kind in _GRANTING and remedy.applicability != "manual" and not remedy.grants:
        found.append("it does not say what it grants")
    done = [action for action in remedy.actions if action.do != "manual"]
    if remedy.applicability != "manual" and not done:
        found.append("a program is to apply it and can't")
    for action in (*remedy.actions, *remedy.undo):
        if canonical(action) != action:
            found.append(f"the command {action.argv} is not what its parameters say")
    for action in done:
        if action.do in _TAKEN_BACK and not undo([action]):
            found.append(f"{action.argv} is not taken back")
    if remedy.undo != undo(remedy.actions):
        found.append("its way back is not that of its actions")
    return found
