"""The table of protected objects: it is sound, and a path is known in every spelling."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from avcdoctor.knowledge import domains, facts, protected, tables
from avcdoctor.knowledge.lint import check_facts_file, is_facts_file

SHADOW = (
    "/etc/shadow",
    "//etc///shadow",
    "/etc/./shadow",
    "/var/www/../../etc/shadow",
    "/proc/self/root/etc/shadow",
    "/proc/1/root/proc/77/task/78/root/etc/shadow",
    "/proc/9/cwd/etc/shadow",
    "/etc/SHADOW",
    "/etc/\uff53hadow",  # a full-width s
    "/etc/shadow (deleted)",
    "\u201d/etc/shadow\u201d",
    "etc/shadow",
    "../../etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/mnt/image/etc/shadow",
)


def kind_of(path: str, cwd: str = "") -> str:
    found = [protected.of_path(form) for form in protected.forms(path, cwd)]
    return next((one.id for one in found if one), "")


@pytest.mark.parametrize("path", SHADOW)
def test_a_secret_is_known_in_every_spelling(path: str) -> None:
    assert kind_of(path) == "credential"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/root/.ssh/id_ed25519", "ssh"),
        ("/etc/ssh/ssh_host_rsa_key", "host-key"),
        ("/etc/audit/audit.rules", "audit-rules"),
        ("/etc/nginx/ssl/site.key", "key"),
        ("/dev/sda", "memory"),
        ("/dev/nvme0n1p2", "memory"),
        ("/dev/disk/by-id/ata-x", "memory"),
        ("/var/log/audit/audit.log.3", "audit"),
        ("/boot/grub2/grub.cfg", "boot"),
        ("/var/lib/selinux/targeted/active/modules/400/x/cil", "policy"),
        ("/etc/sudoers.d/web", "login"),
        ("/etc/pam.d/su", "login"),
        ("/etc/cron.daily/rotate", "schedule"),
        ("/etc/systemd/system/x.service.d/o.conf", "schedule"),
        ("/usr/bin/su", "program"),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6", "library"),
    ],
)
def test_each_kind_has_its_places(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    "path",
    [
        "/var/www/html/index.html",
        "/etc/nginx/ssl/site.crt",
        "/srv/shadow/picture.png",
        "/usr/bin/sum",
        "/usr/bin/ping",
        "/dev/null",
        "/dev/stdout",
        "/home/bob/boot/notes",
        "/etc/keepalived/check.sh",
        "/usr/lib/app/data.db",
    ],
)
def test_an_ordinary_file_is_none_of_them(path: str) -> None:
    assert kind_of(path) == ""


def test_a_relative_name_lies_below_the_working_directory() -> None:
    assert kind_of("shadow", "/etc") == "credential"
    assert kind_of("shadow", "/srv") == ""


def test_a_bare_name_counts_for_the_classes_that_it_is_for() -> None:
    named = protected.of_name("sda", "blk_file")
    assert named is not None
    assert named.id == "memory"
    assert protected.of_name("sda", "file") is None


def test_the_shipped_table_is_sound() -> None:
    assert protected.table_faults(tables.entries("protected.yaml")) == []
    assert {"login", "monitor", "person"} <= set(domains.families())
    for kind in protected.kinds():
        assert set(kind.trusted) | set(kind.known) <= set(domains.families())


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("x", "is no mapping"),
        ({"id": "a", "title": "b", "guards": ["read"], "seals": ["write"], "types": ["c_t"]}, "without guarding"),
        ({"id": "a", "title": "b", "guards": ["peek"], "seals": [], "types": ["c_t"]}, "none of"),
        ({"id": "a", "title": "b", "guards": [], "seals": [], "paths": ["etc"]}, "not absolute"),
        ({"id": "a", "title": "b", "guards": [], "seals": []}, "names no object"),
        ({"id": "a", "title": "b", "guards": [], "seals": [], "types": "c_t"}, "no list"),
        ({"id": "a", "title": "b", "guards": [], "seals": [], "types": ["c_t"], "typo": 1}, "unknown key"),
        ({"id": "a"}, "title is missing"),
    ],
)
def test_a_broken_entry_is_told(entry: object, fault: str) -> None:
    assert fault in " ".join(protected.faults(entry))


def test_the_administrator_adds_kinds_and_families(monkeypatch, tmp_path) -> None:
    (tmp_path / "protected.yaml").write_text(
        "- {id: vault, title: a vault, guards: [read], seals: [read], types: [vault_t], paths: ['/srv/vault/**']}\n"
    )
    (tmp_path / "domains.yaml").write_text("web: [caddy_t]\n")
    monkeypatch.setattr(tables, "OWN_FACTS", tmp_path)
    caches = (tables.entries, tables.groups, protected.kinds, protected.of_type, protected.of_path, domains.in_family)
    for one in caches:
        one.cache_clear()
    try:
        found = protected.of_path("/srv/vault/key")
        assert found is not None
        assert found.id == "vault"
        assert domains.in_family("caddy_t", "web")
        assert domains.in_family("httpd_t", "web")
    finally:
        monkeypatch.undo()
        for one in caches:
            one.cache_clear()


def test_a_long_path_costs_no_more_than_its_length() -> None:
    began = time.perf_counter()
    for path in ("/" + "a/" * 4000, "/" + "private/" * 1000, "/etc/" + "shadow" * 1300, "/proc/1/root" * 600):
        for form in protected.forms(path):
            protected.of_path(form)
    assert time.perf_counter() - began < 5


def test_a_table_of_one_s_own_is_checked_like_a_rule_pack(tmp_path: Path) -> None:
    path = tmp_path / "protected.yaml"
    path.write_text("- {id: a, title: b, guards: [peek], seals: []}\n- {id: a}\n")
    told = " ".join(one.message for one in check_facts_file(path))
    assert "names no object" in told or "none of" in told
    assert "stands twice" in told
    families = tmp_path / "domains.yaml"
    families.write_text("web: caddy_t\n")
    assert [one.message for one in check_facts_file(families)] == ["web is no list of texts"]
    families.write_text("web: [caddy_t]\n")
    assert check_facts_file(families) == []
    types = tmp_path / "types.yaml"
    types.write_text("generic: [our_share_t, our_share_t]\nour_group: [our_share_t]\n")
    twice, unknown = (one.message for one in check_facts_file(types))
    assert "something twice" in twice
    assert "nobody asks for our_group" in unknown
    types.write_text("generic: [our_share_t]\n")
    assert check_facts_file(types) == []


def test_rows_of_one_s_own_are_checked_and_count_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "port-owners.tsv"
    path.write_text("# ours\nour_port_t\n")
    assert is_facts_file(path)
    assert not is_facts_file(tmp_path / "others.tsv")
    (problem,) = check_facts_file(path)
    assert (problem.line, "has 1 columns" in problem.message) == (2, True)
    path.write_text("http_port_t\tcaddy_t\n")
    assert check_facts_file(path) == []
    (tmp_path / "types.yaml").write_text("program: [our_bin_t]\n")
    monkeypatch.setattr(tables, "OWN_FACTS", tmp_path)
    for cached in (tables.rows, tables.groups):
        cached.cache_clear()
    try:
        assert facts.port_owner("http_port_t") == "caddy_t"
        assert facts.role("program") == "our_bin_t"
        assert facts.in_group("bin_t", "program")
    finally:
        for cached in (tables.rows, tables.groups):
            cached.cache_clear()
