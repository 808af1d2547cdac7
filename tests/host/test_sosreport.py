"""The facts of a sosreport behind the Host interface: policy, booleans, ports, labels, processes, packages, mounts."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import Dict

import pytest

from avcdoctor import api
from avcdoctor.host import Host, open_host
from avcdoctor.host.sosreport import SOURCES
from avcdoctor.model import Incident
from tests.machines import system_at
from tests.sosreports import LINK, avc, lay_out, packed, syslog

pytestmark = pytest.mark.skipif(shutil.which("secilc") is None, reason="the reference policy can't be compiled")

SELINUX = "sos_commands/selinux"
STATUS = "SELinux status:                 enabled\nCurrent mode:                   enforcing\n"
EXPORT = (
    "boolean -m -1 httpd_can_network_connect_db\nport -a -t http_port_t -r 's0' -p tcp 8765\n"
    "fcontext -a -f a -t httpd_sys_content_t -r 's0' '/srv/shop(/.*)?'\n"
)
BOOLEANS = STATUS + "\nPolicy booleans:\nhttpd_can_network_connect_db        on\nhttpd_enable_homedirs     off\n"
DATABASE = "system_u:object_r:postgresql_port_t:s0"
CONNECT = avc(5, "name_connect", rest="dest=5432", target=DATABASE).replace("tclass=file", "tclass=tcp_socket")
BIND = avc(6, "name_bind", rest="src=8765", target="system_u:object_r:unreserved_port_t:s0")
BIND = BIND.replace("tclass=file", "tclass=tcp_socket")
SHOP = avc(7, rest='path="/srv/shop/index.html" dev="dm-0" ino=7')
LOG = {"var/log/messages": syslog(CONNECT) + syslog(BIND) + syslog(SHOP)}


def host_of(tmp_path: Path, files: Dict[str, str]) -> Host:
    return open_host(root=str(lay_out(tmp_path, files)))


def causes(top: Path, policy: str = "") -> Dict[str, Incident]:
    """What explain says, by the permission that was denied."""
    found = api.explain([str(top)], policy=policy or None)
    return {name: one for one in found.incidents for group in one.finding.groups for name in group.permissions}


def test_a_boolean_that_is_on_there_is_never_offered(tmp_path: Path) -> None:
    without = causes(lay_out(tmp_path / "without", LOG))["name_connect"]
    assert {fix.kind for fix in without.remedies} >= {"boolean"}
    having = causes(lay_out(tmp_path / "having", {**LOG, f"{SELINUX}/sestatus_-b": BOOLEANS}))["name_connect"]
    assert having.finding.cause == "already-allowed"
    assert "httpd_can_network_connect_db is on by now" in having.finding.title
    assert {fix.kind for fix in having.remedies} == {"policy-update"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (f"{SELINUX}/semanage_boolean_-l", "httpd_can_network_connect_db   (on   ,  off)  Allow httpd to connect\n"),
        ("sos_commands/logs/getsebool_-a", "httpd_can_network_connect_db --> on\n"),
        (f"{SELINUX}/semanage_-o", EXPORT),
        ("sos_commands/foo/semanage_export", EXPORT),
    ],
)
def test_every_text_that_tells_a_boolean(name: str, text: str, tmp_path: Path) -> None:
    host = host_of(tmp_path, {name: text})
    assert host.boolean("httpd_can_network_connect_db") is True
    assert host.boolean("httpd_enable_homedirs") is None
    policy = host.policy
    assert policy is not None and policy.booleans["httpd_can_network_connect_db"]


def test_the_value_now_goes_before_the_one_for_the_next_boot(tmp_path: Path) -> None:
    files = {
        f"{SELINUX}/sestatus_-b": "Policy booleans:\nnis_enabled   off\n",
        f"{SELINUX}/semanage_-o": "boolean -m -1 nis_enabled\n",
    }
    assert host_of(tmp_path, files).boolean("nis_enabled") is False


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (f"{SELINUX}/semanage_-o", EXPORT),
        (f"{SELINUX}/semanage_port_-l", "http_port_t                    tcp      8765, 80\nport_t    tcp   1-65535\n"),
    ],
)
def test_a_customised_port_is_seen(name: str, text: str, tmp_path: Path) -> None:
    assert causes(lay_out(tmp_path / "without", LOG))["name_bind"].finding.cause == "port"
    top = lay_out(tmp_path / "having", {**LOG, name: text})
    host = open_host(root=str(top))
    assert host.port_type("tcp", 8765) == "http_port_t"
    policy = host.policy
    assert policy is not None and policy.port_types("tcp", 8765)[0] == ("http_port_t", 8765, 8765)
    told = causes(top)["name_bind"]
    assert told.finding.cause == "already-allowed" and "tcp 8765 is http_port_t by now" in told.finding.title
    assert not any(fix.kind == "port" for fix in told.remedies)


def test_a_customised_file_context_is_what_restorecon_would_set(tmp_path: Path) -> None:
    top = lay_out(tmp_path, {**LOG, f"{SELINUX}/semanage_-o": EXPORT})
    told = causes(top)["read"]
    assert told.finding.cause == "wrong-label" and "httpd_sys_content_t" in told.finding.why
    assert told.remedies[0].kind == "restorecon"
    label = open_host(root=str(top)).label_for("/var/www/index.html")
    assert label is not None and label.type == "httpd_sys_content_t"  # the rest stays as it was


def test_the_whole_list_of_file_contexts_is_used(tmp_path: Path) -> None:
    text = (
        "/.*                  all files          system_u:object_r:default_t:s0 \n"
        "/srv/shop(/.*)?      all files          system_u:object_r:httpd_sys_rw_content_t:s0 \n"
        "SELinux Local fcontext Equivalence \n\n/data = /srv\n"
    )
    host = host_of(tmp_path, {f"{SELINUX}/semanage_fcontext_-l": text})
    for path in ("/srv/shop/x", "/data/shop/x"):
        label = host.label_for(path)
        assert label is not None and label.type == "httpd_sys_rw_content_t"


def test_its_own_policy_and_file_contexts_are_asked(tmp_path: Path) -> None:
    top = lay_out(tmp_path, {**LOG, f"{SELINUX}/sestatus_-b": BOOLEANS, f"{SELINUX}/semanage_-o": EXPORT})
    system_at(tmp_path / "machine")
    shutil.rmtree(top / "etc/selinux")
    shutil.copytree(tmp_path / "machine/etc/selinux", top / "etc/selinux")
    listed = open_host(root=str(top)).label_for("/srv/shop/x")
    assert listed is not None and listed.type == "httpd_sys_content_t"  # of semanage's list: no file has it
    local = top / "etc/selinux/targeted/contexts/files/file_contexts.local"
    local.write_text("/srv/shop(/.*)?  system_u:object_r:public_content_t:s0\n")
    for one in (top, packed(top)):
        host = open_host(root=str(one))
        assert host.info.origin == "root" and not host.by_reference
        assert host.boolean("httpd_enable_homedirs") is False and host.boolean("httpd_can_network_connect_db") is True
        label = host.label_for("/srv/shop/x")
        assert label is not None and label.type == "public_content_t"
        assert causes(one)["name_connect"].finding.cause == "already-allowed"


def test_a_policy_that_is_there_in_part_only_is_as_good_as_none(tmp_path: Path) -> None:
    policy = "etc/selinux/targeted/policy/policy.33"
    tailed = "sos_strings/selinux/etc.selinux.targeted.policy.policy.33.tailed"
    host = host_of(tmp_path, {policy: LINK + "../../../../" + tailed, tailed: "the end of a policy"})
    assert host.info.origin == "reference" and host.by_reference
    assert any("answers come from avcdoctor's small reference policy" in note for note in host.info.notes)


@pytest.mark.parametrize(("mode", "words"), [("permissive", "refused nothing"), ("disabled", "switched off there")])
def test_the_mode_is_said(mode: str, words: str, tmp_path: Path) -> None:
    text = STATUS.replace("enforcing", mode) if mode != "disabled" else "SELinux status:                 disabled\n"
    host = host_of(tmp_path, {f"{SELINUX}/sestatus": text})
    assert host.mode == mode
    assert any(words in note for note in host.info.notes)


def test_an_enforcing_machine_needs_no_word(tmp_path: Path) -> None:
    host = host_of(tmp_path, {f"{SELINUX}/sestatus": STATUS})
    assert host.mode == "enforcing"
    assert not any("SELinux was" in note for note in host.info.notes)


def test_labels_come_from_listings_and_never_from_the_copies(tmp_path: Path) -> None:
    listing = (
        "total 4\ndrwxr-xr-x. 2 root root system_u:object_r:var_t:s0 4096 Aug 13 11:12 .\n"
        "-rw-r-----. 1 root shop system_u:object_r:httpd_sys_content_t:s0 12 Aug 13 11:12 index.html\n"
    )
    manifest = {
        "components": [{"commands": [{"exec": "ls -alZ /srv/shop", "filepath": "sos_commands/a/ls_-alZ_.srv.shop"}]}]
    }
    files = {"sos_commands/a/ls_-alZ_.srv.shop": listing, "sos_reports/manifest.json": json.dumps(manifest)}
    host = host_of(tmp_path, files)
    label, facts = host.files.label("/srv/shop/index.html"), host.files.lstat("/srv/shop/index.html")
    assert label is not None and label.type == "httpd_sys_content_t"
    assert facts is not None and (facts.group, facts.mode) == ("shop", 0o640)
    assert host.files.is_gone("/srv/shop/other") and not host.files.is_gone("/srv/elsewhere")
    assert host.files.exists("/etc/hostname") and host.files.lstat("/etc/hostname") is None
    assert host.files.label("/etc/hostname") is None
    assert os.path.lexists(host.root / "etc/hostname")


def test_what_a_listing_shows_goes_before_the_log(tmp_path: Path) -> None:
    restored = (
        "drwxr-xr-x. root root system_u:object_r:var_t:s0 /srv/shop\n-rw-r--r--. root root {} /srv/shop/index.html\n"
    )
    for type_, kind in (("user_home_t", "restorecon"), ("httpd_sys_content_t", "")):
        text = restored.format(f"system_u:object_r:{type_}:s0")
        files = {**LOG, f"{SELINUX}/semanage_-o": EXPORT, "sos_commands/a/ls_-ldZ_.srv": text}
        told = causes(lay_out(tmp_path / type_, files))["read"]
        steps = [action for fix in told.remedies[:1] for action in fix.actions]
        assert [step.do for step in steps if step.do == "restorecon"] == ([kind] if kind else [])


def test_processes_are_held_against_the_log(tmp_path: Path) -> None:
    table = (
        "LABEL                           USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
        "system_u:system_r:initrc_t:s0   root          41  0.0  0.2  22048  7556 ?        S    11:12   0:00 {}\n"
    )
    for program, seen in (("/usr/sbin/httpd -DFOREGROUND", True), ("/usr/bin/other", False)):
        files = {**LOG, f"{SELINUX}/ps_auxZww": table.format(program)}
        evidence = causes(lay_out(tmp_path / str(seen), files))["read"].finding.evidence
        assert any("process 41 (httpd) ran in initrc_t when the report was made" in one for one in evidence) is seen


def test_a_mount_of_its_own_is_evidence(tmp_path: Path) -> None:
    mounts = "/dev/sda1 / xfs rw 0 0\nweb:/x /srv nfs4 rw,nosuid,context=system_u:object_r:nfs_t:s0 0 0\n"
    for text, seen in ((mounts, True), ("/dev/sda1 / xfs rw 0 0\n", False)):
        files = {**LOG, "proc/mounts": LINK + "self/mounts", "proc/self/mounts": text}
        evidence = causes(lay_out(tmp_path / str(seen), files))["read"].finding.evidence
        words = "/srv is a mount of its own, nfs4 with nosuid, context=system_u:object_r:nfs_t:s0"
        assert any(one.startswith(words) for one in evidence) is seen


def test_the_policys_package_is_named(tmp_path: Path) -> None:
    listed = "selinux-policy-targeted-38.1.53-5.el9_6.noarch    Mon 12 May 2025\n"
    notes = host_of(tmp_path, {"installed-rpms": listed}).info.notes
    assert "the policy's package there is selinux-policy-targeted 38.1.53-5.el9_6" in notes


def test_packages_of_both_families(tmp_path: Path) -> None:
    table = "sos_commands/rpm/sh_-c_rpm_--nodigest_-qa"
    rpm = host_of(
        tmp_path / "rpm",
        {"installed-rpms": LINK + table, table: "selinux-policy-38.1.53-5.el9_6.noarch     Mon 12 May 2025\n"},
    )
    package = rpm.packages.installed("selinux-policy")
    assert package is not None and package.version == "38.1.53-5.el9_6"
    listed = "ii  selinux-policy-default 2:2.20240723-1 all          Strict\n"
    debian = {"installed-debs": LINK + "sos_commands/dpkg/dpkg_-l", "sos_commands/dpkg/dpkg_-l": listed}
    top = lay_out(tmp_path / "deb", debian)
    for one in (top, packed(top)):
        package = open_host(root=str(one)).packages.installed("selinux-policy-default")
        assert package is not None and package.version == "2:2.20240723-1"


def test_what_came_from_it_and_what_did_not_is_said(tmp_path: Path) -> None:
    files = {
        f"{SELINUX}/sestatus_-b": BOOLEANS,
        "installed-rpms": "a-1-1.noarch\n",
        "proc/mounts": LINK + "self/mounts",
        "proc/self/mounts": "/dev/sda1 / xfs rw 0 0\n",
    }
    told, missing = host_of(tmp_path, files).info.notes[-2:]
    assert told.startswith("from the sosreport: the mode (sos_commands/selinux/sestatus_-b), the booleans' values (")
    assert "mounts (proc/self/mounts)" in told or "mounts (proc/mounts)" in told
    lacking = "what was changed locally, the ports' types, which domains processes ran in, labels on disk"
    assert missing == f"not in the sosreport: {lacking}"


def test_how_much_was_changed_is_said(tmp_path: Path) -> None:
    for text, words in (
        (EXPORT, "what was changed locally: 1 boolean, 1 port and 1 file context ("),
        (EXPORT + "port -a -t x\nport -b 'x\n", "1 file context and 2 lines that could not be read ("),
        ("boolean -D\n", "what was changed locally: nothing ("),
    ):
        host = host_of(tmp_path / str(len(text)), {f"{SELINUX}/semanage_-o": text})
        assert words in host.info.notes[-2]


def test_an_image_is_no_sosreport(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "var").mkdir()
    host = open_host(root=str(tmp_path))
    assert host.report is None and host.mode == "" and host.boolean("nis_enabled") is None
    assert not any("the sosreport:" in note for note in host.info.notes)
    assert host.files.is_gone("/srv")


def test_a_fact_that_leads_out_of_the_report_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Policy booleans:\nnis_enabled   on\n")
    top = lay_out(
        tmp_path / "report", {f"{SELINUX}/sestatus_-b": LINK + str(secret), "installed-rpms": LINK + "/etc/passwd"}
    )
    host = open_host(root=str(top))
    assert host.boolean("nis_enabled") is None and host.packages.installed("root") is None


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    top = lay_out(tmp_path, LOG)
    names = [pattern.replace("*", "x").replace("[bv]", "b") for texts in SOURCES.values() for pattern in texts]
    for name in (*names, "/sos_reports/manifest.json", "/sos_commands/logs/journalctl_x", "/var/log/syslog"):
        place = top / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        os.mkfifo(place)
    host = open_host(root=str(top))
    assert host.info.notes and host.mode == "" and host.files.label("/srv") is None
    assert host.packages.installed("a") is None
    assert api.explain([str(top)]).input.denials == 3


@pytest.mark.parametrize("seed", range(5))
def test_any_text_in_any_place_is_only_text(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    pieces = [
        EXPORT,
        BOOLEANS,
        syslog(SHOP),
        "LABEL PID CMD\n",
        "/srv:\n",
        "drwxr-xr-x. root root ",
        "\0\x1b[31m",
        "é\n",
        "'",
    ]
    pieces += ["system_u:object_r:var_t:s0 ", "port -a -t x -p tcp 99999999\n", "(.*)*x ", "{" * 500, "on\n", "-- \n"]
    top = lay_out(tmp_path, LOG)
    for texts in SOURCES.values():
        for pattern in texts:
            place = top / pattern.lstrip("/").replace("*", "x").replace("[bv]", "b")
            place.parent.mkdir(parents=True, exist_ok=True)
            text = "".join(chance.choice(pieces) for _ in range(chance.randrange(40)))
            if not place.is_symlink():
                place.write_bytes(text.encode("utf-8", "surrogateescape") + chance.randbytes(9))
    (top / "sos_reports/manifest.json").write_text("[" * 5000)
    for one in (top, packed(top)):
        found = api.explain([str(one)])
        assert found.input.denials == 3
        assert all("\x1b" not in note for note in found.policy.notes)
