"""Domains x protected objects x claimed labels x classes x permissions: no output opens a protected object."""

from __future__ import annotations

import itertools
from typing import Iterator, List, NamedTuple, Tuple

import pytest

from avcdoctor.actions.cil import check_module
from avcdoctor.errors import NoRemedyError
from avcdoctor.host import Host
from avcdoctor.model import Action, Report
from avcdoctor.plan.choose import make_plan
from avcdoctor.render import plans
from tests.denials import denied, explained
from tests.render.formats import every_format

DOMAINS = ("httpd_t", "named_t", "keepalived_t", "redis_t", "container_t", "user_t", "snmpd_t", "mystery_t")
OBJECTS = {  # path: the type that the reference policy or our own table means it to have, "" where neither tells
    "/etc/shadow": "shadow_t",
    "//etc/./shadow": "shadow_t",
    "/var/www/../../etc/gshadow": "shadow_t",
    "/proc/self/root/etc/shadow-": "shadow_t",
    "/etc/ssh/ssh_host_ed25519_key": "sshd_key_t",
    "/root/.ssh/id_rsa": "ssh_home_t",
    "/usr/bin/su": "su_exec_t",
    "/usr/bin/sudo": "sudo_exec_t",
    "/dev/sda1": "fixed_disk_device_t",
    "/dev/mem": "memory_device_t",
    "/var/log/audit/audit.log": "auditd_log_t",
    "/boot/vmlinuz-6.1": "boot_t",
    "/var/lib/selinux/targeted/active/policy.kern": "semanage_store_t",
    "/etc/selinux/targeted/policy/policy.33": "policy_config_t",
    "/etc/sudoers.d/web": "",
    "/etc/cron.d/web": "",
    "/etc/systemd/system/web.service": "",
    "/usr/lib64/libcrypt.so.1": "",
}
CLAIMS = ("user_home_t", "default_t", "tmp_t", "httpd_sys_content_t", "var_t", "own")
ASKED = (
    ("file", "read"),
    ("file", "getattr"),
    ("file", "write open"),
    ("file", "execute"),
    ("lnk_file", "read"),
    ("chr_file", "read write"),
    ("blk_file", "read"),
)
_CORE = {"getattr": {"getattr"}, "read": {"read"}, "write": {"write", "append"}, "execute": {"execute"}}
_OPENING = ("restorecon", "semanage fcontext", "chcon", "chmod", "chown", "mv -nT", "semodule -X")


class Try(NamedTuple):
    """One combination."""

    domain: str
    path: str
    claim: str
    tclass: str
    permissions: str


def tries() -> List[Try]:
    """Every combination; `own` claims the object's right type."""
    found = []
    for domain, (path, right), claim, (tclass, asked) in itertools.product(DOMAINS, OBJECTS.items(), CLAIMS, ASKED):
        if claim != "own" or right:
            found.append(Try(domain, path, right if claim == "own" else claim, tclass, asked))
    return found


def may_use(host: Host, one: Try) -> bool:
    """What a policy itself says of the domain and the right type."""
    right = OBJECTS[one.path]
    for policy in (host.policy, host.reference):
        if policy is not None and right and policy.has_type(right) and policy.has_type(one.domain):
            got = policy.allowed(one.domain, right, one.tclass) | policy.allowed(one.domain, right, "file")
            asked = {name for name in _CORE if name in one.permissions}
            return bool(asked) and all(_CORE[name] & got for name in asked)
    return False


def opened(one: Try, report: Report) -> Iterator[str]:
    """What a report's remedies would open."""
    for incident in report.incidents:
        for remedy in incident.remedies:
            if remedy.applicability == "safe":
                yield f"{one}: {remedy.kind} is safe on the log's word alone"
            for action in remedy.actions:
                if action.do == "manual" and one.domain != "container_t":
                    yield from (f"{one}: in words: {word}" for word in _in_words(action, one.path))
                elif action.do == "manual" or (action.do == "module-install" and not _opens(one, action)):
                    continue
                elif action.do == "restorecon" and not OBJECTS[one.path]:
                    continue  # everybody may read what the policy means to lie there
                elif action.do not in ("boolean-set", "port-add"):
                    yield f"{one}: {remedy.kind}: {action.argv}"


def _in_words(action: Action, path: str) -> Iterator[str]:
    text = str(action.parameters["text"])
    yield from (word for word in _OPENING if word in text and path in text)


def _opens(one: Try, action: Action) -> bool:
    """Whether a module opens the object: under the type that it should have, or the one the log claims."""
    rules = check_module(str(action.parameters["name"]), str(action.parameters["cil"]))
    looks = {"getattr", "search"}
    return any(rule.effect == "allow" and rule.permissions - looks for rule in rules) or one.claim != OBJECTS[one.path]


def exports(report: Report) -> Iterator[Tuple[str, str]]:
    """Every format's text, and the plans as code."""
    yield from every_format(report)
    try:
        plan = make_plan(report)
    except NoRemedyError:
        return
    for name in ("text", "ansible", "shell", "json"):
        yield f"plan as {name}", plans.render(plan, name, 100)


def violations(host: Host, chosen: List[Try], every: int) -> List[str]:
    """What would be opened; the exports of every so-manieth combination are read as well."""
    found: List[str] = []
    for number, one in enumerate(chosen):
        if may_use(host, one):
            continue
        log = denied(
            one.domain, one.claim, one.tclass, one.permissions, comm="worker", path=one.path, dev="vda", ino=11
        )
        report = explained(log, host)
        found += opened(one, report)
        if number % every == 0:
            found += [
                f"{one}: {name} says {word}"
                for name, text in exports(report)
                for word in _OPENING
                if word in text and "keep the denial" in text
            ]
    return found


def test_there_are_enough_of_them() -> None:
    assert len(tries()) >= 5_000


@pytest.mark.slow
def test_nothing_opens_a_protected_object(system: Host) -> None:
    assert violations(system, tries(), 29) == []


@pytest.mark.slow
@pytest.mark.policy
def test_nor_does_it_with_a_whole_distribution_s_policy(debian_system: Host) -> None:
    assert violations(debian_system, tries()[::5], 29) == []


def test_nor_without_any_policy(no_policy: Host) -> None:
    assert violations(no_policy, tries()[::37], 5) == []
