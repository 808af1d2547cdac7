"""Who asks: users of the root in use, processes of a domain, user namespaces."""

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.host import open_host
from avcdoctor.triage.subject import in_user_namespace, subject


def test_users_come_from_the_root_in_use(host):
    found = subject(host, user="web")
    assert (found.uid, found.groups, found.capabilities) == (33, frozenset({33, 44}), frozenset())
    assert subject(host, user="77").uid == 77
    assert subject(host).uid == 0
    with pytest.raises(UsageError):
        subject(host, user="nobody-here")
    with pytest.raises(UsageError):
        subject(host, "u:r")
    assert subject(host, "system_u:system_r:web_t:s0:c1").context.level == "s0:c1"


def test_a_running_process_of_the_domain_tells_who_asks(tmp_path):
    process = tmp_path / "proc" / "4242"
    (process / "attr").mkdir(parents=True)
    (process / "attr" / "current").write_bytes(b"system_u:system_r:web_t:s0\0")
    (process / "status").write_text(
        "Name:\tweb server\nUid:\t33\t34\t33\t33\nGid:\t33\t35\t33\t33\nGroups:\t44 45 \nCapEff:\t0000000000000400\n"
    )
    (tmp_path / "proc" / "self").mkdir()
    found = subject(open_host(), "web_t", proc=tmp_path / "proc")
    assert (found.uid, found.groups) == (34, frozenset({35, 44, 45}))
    assert found.capabilities == {"net_bind_service"}
    assert "4242" in found.told_by


def test_a_user_namespace_is_seen(tmp_path):
    table = tmp_path / "uid_map"
    table.write_text("         0          0 4294967295\n")
    assert not in_user_namespace(table)
    table.write_text("         0     100000      65536\n")
    assert in_user_namespace(table)
    assert not in_user_namespace(tmp_path / "missing")
