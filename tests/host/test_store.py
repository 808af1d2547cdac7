"""The real libsemanage on a copy of the distribution's store: every kind of item, written, asked for, taken back."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Dict, Tuple

import pytest

from avcdoctor.errors import PolicyError
from avcdoctor.host import open_host, store_backup
from avcdoctor.host.items import Edit, Item
from avcdoctor.host.store import PolicyStore, StoreError
from tests.host.real_store import everything, tree_state

pytestmark = [pytest.mark.bindings, pytest.mark.policy, pytest.mark.slow, pytest.mark.timeout(900)]

WEB = Item("fcontext", (r"/srv/a\x20b\.d(/.*)?", "a"))
SCRIPT = Item("fcontext", ("/srv/one", "f"))
LIKE = Item("equivalence", ("/srv/www2",))
PORT = Item("port", ("tcp", "8099", "8100"))
BOOLEAN = Item("boolean", ("httpd_can_network_connect_db",))
MODULE = Item("module", ("avcdoctor_test",))
CIL = "(allow httpd_t etc_runtime_t (file (write)))\n"
WANTED: Dict[Item, str] = {
    WEB: "system_u:object_r:httpd_sys_content_t:s0",
    SCRIPT: "system_u:object_r:httpd_sys_script_exec_t:s0",
    LIKE: "/var/www",
    PORT: "system_u:object_r:http_port_t:s0",
    BOOLEAN: "on",
    MODULE: CIL,
}


@pytest.fixture
def store(real_store: PolicyStore) -> PolicyStore:
    return real_store


def test_every_kind_in_one_transaction_and_back(store: PolicyStore, capfd: pytest.CaptureFixture[str]) -> None:
    host_before: Tuple[object, object] = (tree_state(Path("/etc/selinux")), tree_state(Path("/var/lib/selinux")))
    before = everything(store)
    assert store.read(WANTED) == dict.fromkeys(WANTED)
    store.commit([Edit(item, value) for item, value in WANTED.items()])
    assert store.read(WANTED) == WANTED
    assert everything(store) == {**before, **WANTED}
    host = open_host(root=str(store.root))
    policy, labels = host.policy, host.labels
    assert policy is not None
    assert labels is not None
    assert "write" in policy.allowed("httpd_t", "etc_runtime_t", "file")
    assert "name_connect" in policy.allowed("httpd_t", "postgresql_port_t", "tcp_socket")
    assert policy.port_types("tcp", 8100)[0] == ("http_port_t", 8099, 8100)
    assert str(labels.default("/srv/a b.d/x")) == WANTED[WEB]
    assert str(labels.default("/srv/axb.d/x")) != WANTED[WEB]
    assert str(labels.default("/srv/one", 0o100000)) == WANTED[SCRIPT]
    assert "httpd" in str(labels.default("/srv/www2/html/index.html"))
    store.commit([Edit(item, before.get(item)) for item in WANTED])
    assert everything(store) == before
    policy = open_host(root=str(store.root)).policy
    assert policy is not None
    assert "write" not in policy.allowed("httpd_t", "etc_runtime_t", "file")
    assert not (store.root / "etc/selinux" / store.name / "contexts/files/file_contexts.subs").exists()
    assert (tree_state(Path("/etc/selinux")), tree_state(Path("/var/lib/selinux"))) == host_before
    heard = capfd.readouterr()
    assert heard.out == ""
    assert heard.err == ""


def test_a_refused_transaction_changes_nothing(store: PolicyStore) -> None:
    before = everything(store)
    unknown = "(allow no_such_domain_t etc_t (file (read)))\n"
    with pytest.raises(StoreError, match="Failed to resolve"):
        store.commit([Edit(LIKE, "/var/www"), Edit(BOOLEAN, "on"), Edit(MODULE, unknown)])
    assert everything(store) == before


def test_a_module_that_breaks_a_neverallow_is_refused(store: PolicyStore) -> None:
    before = everything(store)
    with pytest.raises(StoreError, match="neverallow"):
        store.commit([Edit(MODULE, "(allow httpd_t shadow_t (file (read)))\n")])
    assert everything(store) == before


def test_names_the_policy_does_not_know_are_refused(store: PolicyStore) -> None:
    before = everything(store)
    for edit in (
        Edit(PORT, "system_u:object_r:no_such_port_t:s0"),
        Edit(WEB, "system_u:object_r:no_such_type_t:s0"),
        Edit(Item("boolean", ("no_such_boolean",)), "on"),
        Edit(Item("module", ("avcdoctor_none",)), None),
    ):
        with pytest.raises(StoreError):
            store.commit([edit])
    assert everything(store) == before


def test_a_held_lock_is_seen(store: PolicyStore) -> None:
    assert not store.busy()
    descriptor = os.open(store.directory / "semanage.trans.LOCK", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert store.busy()
    finally:
        os.close(descriptor)
    assert not store.busy()


def test_a_store_without_its_active_state_is_healed(store: PolicyStore) -> None:
    active = store.directory / "active"
    assert store.heal() is None
    active.rename(store.directory / "previous")
    assert store.damaged
    with pytest.raises(PolicyError, match="has no active state"):
        store.read([BOOLEAN])
    assert "was put back" in str(store.heal())
    assert not store.damaged
    assert store.read([BOOLEAN]) == {BOOLEAN: None}


@pytest.mark.parametrize("name", ["policy.kern", "file_contexts", "modules/100/*/cil", "policy.linked"])
@pytest.mark.parametrize("length", [0, 700])
def test_a_store_that_lost_content_with_the_power_is_put_back(store: PolicyStore, name: str, length: int) -> None:
    if name == "file_contexts" and length:
        pytest.skip("a text that was cut off looks like a text; libsemanage makes this one anew")
    before = everything(store)
    store_backup.keep(store.directory)
    broken = min((store.directory / "active").glob(name))
    data = broken.read_bytes()
    broken.rename(broken.with_name("gone"))  # libsemanage writes new files: the old one keeps its content
    (broken.parent / "gone").unlink()
    broken.write_bytes(data[:length])
    assert store.damaged
    with pytest.raises(StoreError, match="was left damaged"):
        store.commit([Edit(BOOLEAN, "on")])
    assert "was put back as it was before" in str(store.heal())
    assert not store.damaged
    assert broken.read_bytes() == data
    assert everything(store) == before
    assert not [path.name for path in store.directory.iterdir() if "avcdoctor" in path.name]


def test_a_kept_state_is_forgotten_where_the_new_one_is_whole(store: PolicyStore) -> None:
    store_backup.keep(store.directory)
    assert not store.damaged
    assert store.heal() is None
    assert not store_backup.is_kept(store.directory)


@pytest.mark.parametrize(
    "line",
    ["[load_policy]", "path = /tmp/evil", "module-store = /tmp/socket", "compiler-directory = /tmp"],
)
def test_a_foreign_root_can_not_name_a_program(store: PolicyStore, line: str) -> None:
    conf = store.root / "etc/selinux/semanage.conf"
    kept = conf.read_text()
    try:
        conf.write_text(f"{kept}{line}\n")
        with pytest.raises(PolicyError, match="names a program or a place"):
            store.commit([Edit(BOOLEAN, "on")])
    finally:
        conf.write_text(kept)


def test_a_foreign_root_can_not_lead_out_of_itself(store: PolicyStore, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_text("untouched")
    link = store.directory / "active/file_contexts.local"
    kept = link.read_bytes() if link.exists() else None
    link.unlink(missing_ok=True)
    link.symlink_to(foreign)
    try:
        with pytest.raises(PolicyError, match=r"file_contexts\.local is a symbolic link"):
            store.commit([Edit(WEB, WANTED[WEB])])
    finally:
        link.unlink()
        if kept is not None:
            link.write_bytes(kept)
    assert foreign.read_text() == "untouched"


def test_a_process_keeps_to_one_store(store: PolicyStore, tmp_path: Path) -> None:
    other = PolicyStore(tmp_path, store.name, live=False)
    (other.directory / "active").mkdir(parents=True)
    assert store.read([BOOLEAN]) == {BOOLEAN: None}
    with pytest.raises(PolicyError, match="one store per process"):
        other.read([BOOLEAN])
