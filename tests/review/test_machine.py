"""What a machine carries besides its policy, in a copy of Debian's real store."""

from __future__ import annotations

import bz2
import shutil
from pathlib import Path

import pytest

from avcdoctor import api
from avcdoctor.errors import PolicyError
from avcdoctor.host import open_host
from avcdoctor.host.store import PolicyStore
from avcdoctor.review.machine import _example, review_machine

CONTEXT = "system_u:object_r:{}:s0"


@pytest.mark.policy
@pytest.mark.slow
def test_local_parts_of_a_real_store(real_store: PolicyStore, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(real_store.root, root, symlinks=True)
    active = root / "var/lib/selinux" / real_store.name / "active"
    module = active / "modules/400/local"
    module.mkdir(parents=True)
    (module / "cil").write_bytes(bz2.compress(b"(allow httpd_t shadow_t (file (read)))"))
    (module / "lang_ext").write_text("cil")
    (active / "booleans.local").write_text("httpd_can_network_connect=1\nhttpd_enable_cgi=1\nno_such_boolean=1\njunk\n")
    (active / "ports.local").write_text(
        f"portcon tcp 80 {CONTEXT.format('http_port_t')}\nportcon tcp 8123 {CONTEXT.format('http_port_t')}\n"
    )
    (active / "file_contexts.local").write_text(
        f"/var/www(/.*)? {CONTEXT.format('httpd_sys_content_t')}\n"
        f"/srv/site(/.*)? {CONTEXT.format('httpd_sys_content_t')}\n"
        f"/etc/shadow -- {CONTEXT.format('etc_t')}\n"
    )
    found = review_machine(open_host(root=str(root)), api.knowledge())
    assert [(one.module.name, one.verdict) for one in found.modules] == [("local", "remove")]
    assert {one.text: one.verdict for one in found.machine} == {
        "boolean httpd_can_network_connect is on": "needed",
        "boolean httpd_enable_cgi is on": found.machine[1].verdict,
        "boolean no_such_boolean is on": "redundant",
        "port tcp 80 is http_port_t": "redundant",
        "port tcp 8123 is http_port_t": "needed",
        "file context /var/www(/.*)? is httpd_sys_content_t": "redundant",
        "file context /srv/site(/.*)? is httpd_sys_content_t": "needed",
        "file context /etc/shadow -- is etc_t": "dangerous",
    }
    assert any("junk" in note for note in found.notes)
    assert found.should_change


def test_a_root_without_a_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="no policy store"):
        review_machine(open_host(root=str(tmp_path)), api.knowledge())


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("/srv/www(/.*)?", "/srv/www"), (r"/etc/a\.conf", "/etc/a.conf"), ("/srv/[ab].*", ""), ("srv", "")],
)
def test_the_literal_part_of_a_pattern(pattern: str, path: str) -> None:
    assert _example(pattern) == path
