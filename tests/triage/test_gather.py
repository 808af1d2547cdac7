"""Where the evidence comes from."""

import gzip

import pytest

from avcdoctor.errors import InputError
from avcdoctor.host import open_host
from avcdoctor.triage import gather
from avcdoctor.triage.gather import of_service, read_logs
from avcdoctor.triage.unit import UnitFacts

AVC = 'type=AVC msg=audit({}.204:{}): avc:  denied  {{ read }} for  pid=41 comm="{}" scontext=a:b:c:s0\n'


def test_logs_are_put_one_after_the_other_and_undone(tmp_path):
    (tmp_path / "a").write_bytes(b"one\n")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"two\n"))
    assert read_logs([str(tmp_path / "a"), str(tmp_path / "b.gz")]) == b"one\n\ntwo\n"


def test_of_a_long_log_the_end_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(gather, "MOST_BYTES", 10)
    monkeypatch.setattr(gather, "_CHUNK", 4)
    (tmp_path / "a").write_bytes(b"0123456789abcdef\n")
    assert read_logs([str(tmp_path / "a")]) == b"789abcdef\n"
    monkeypatch.setattr(gather, "_FURTHEST", 8)
    assert read_logs([str(tmp_path / "a")]) == b"01234567"


def test_a_stream_may_give_little_at_once(tmp_path):
    line = b"touch: /test/somefile: Permission denied\n"
    (tmp_path / "a").write_bytes(line * 5000)
    (tmp_path / "b.gz").write_bytes(gzip.compress(line * 5000))
    assert read_logs([str(tmp_path / "a")]) == read_logs([str(tmp_path / "b.gz")]) == line * 5000


def test_a_log_that_is_no_log(tmp_path):
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"two\n" * 999)[:20])
    with pytest.raises(InputError):
        read_logs([str(tmp_path / "b.gz")])


@pytest.fixture
def root(tmp_path):
    (tmp_path / "var/log/audit").mkdir(parents=True)
    (tmp_path / "var/log/messages").write_text('shopd[1]: hello\nbank[1]: hello\nkernel: apparmor="DENIED"\n')
    records = AVC.format(1793611805, 1, "till") + AVC.format(1793611806, 2, "bank") + AVC.format(1793611900, 3, "till")
    (tmp_path / "var/log/audit/audit.log").write_text(records)
    return open_host(root=str(tmp_path))


def test_lines_and_records_of_a_service_and_its_program(root):
    unit = UnitFacts("shopd.service", {"ExecStart": "/usr/bin/till --open"}, "a test")
    found = of_service(root, "shopd", unit)
    assert b"shopd[1]" in found.data
    assert b"apparmor=" in found.data
    assert b"bank" not in found.data
    assert found.data.count(b'comm="till"') == 2
    assert (found.sources, found.audited) == (("/var/log/messages", "the audit trail"), True)


def test_since_is_for_the_records(root):
    unit = UnitFacts("shopd.service", {"ExecStart": "/usr/bin/till"}, "a test")
    assert of_service(root, "shopd", unit, 1793611850000).data.count(b'comm="till"') == 1


def test_what_is_not_there_is_told(tmp_path):
    found = of_service(open_host(root=str(tmp_path)), "shopd", None)
    assert (found.sources, found.audited) == ((), False)
    assert len(found.notes) == 2
