"""A sosreport of our own making, in each form: its trail, and where it has none every other place, each denial once."""

from __future__ import annotations

import io
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Dict

import pytest

from avcdoctor import api
from avcdoctor.errors import InputError
from avcdoctor.model import Report
from avcdoctor.sources.files import find_logs
from avcdoctor.sources.roots import is_archive, is_system
from avcdoctor.sources.sosreport import _lines
from tests.sosreports import LINK, avc, dmesg, interpreted, journal, lay_out, packed, raw, syslog
from tests.sources.test_unpack import PACK

ONE, TWO, THREE = avc(1), avc(2), avc(3, pid=44)
AUSEARCH = "sos_commands/auditd/ausearch_-i_--input-logs_-m_avc_user_avc_fanotify_-ts_today"
JOURNAL, BOOT = "sos_commands/logs/journalctl_--no-pager", "sos_commands/logs/journalctl_--no-pager_--boot"
TAILED = "sos_strings/auditd/var.log.audit.audit.log.tailed"
PLACES: Dict[str, Dict[str, str]] = {
    "trail": {"var/log/audit/audit.log": raw(ONE), "var/log/messages": syslog(ONE) + syslog(TWO)},
    "tail of a large trail": {"var/log/audit/audit.log": LINK + "../../../" + TAILED, TAILED: raw(ONE)},
    "a trail without a denial": {
        "var/log/audit/audit.log": "type=SERVICE_START msg=audit(1786600000.000:9): pid=1 uid=0 res=success\n",
        "var/log/messages": syslog(ONE),
    },
    "ausearch": {AUSEARCH: interpreted(ONE), "var/log/messages": syslog(ONE)},
    "journal": {BOOT: journal(ONE), JOURNAL: journal(ONE), "var/log/messages": syslog(ONE)},
    "journal with both transports": {JOURNAL: syslog(ONE) + journal(ONE)},
    "messages": {"var/log/messages": "Aug 13 11:12:13 web1 app: started\n" + syslog(ONE)},
    "the tail of large messages": {
        "var/log/messages": LINK + "../../sos_strings/logs/var.log.messages.tailed",
        "sos_strings/logs/var.log.messages.tailed": syslog(ONE),
    },
    "dmesg": {"sos_commands/kernel/dmesg": dmesg(ONE), "sos_commands/kernel/dmesg_-T": dmesg(ONE)},
    "a retold denial": {
        "var/log/messages": syslog(ONE)
        + "Aug 13 11:12:14 web1 setroubleshoot[9]: SELinux is preventing httpd from read access on the file x.\n"
    },
}
"""Each place holds the first denial, some of them twice."""


def explained(**arguments: object) -> Report:
    return api.explain(policy="reference", **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", list(PLACES))
def test_each_place_is_read_and_counts_once(place: str, tmp_path: Path) -> None:
    top = lay_out(tmp_path, PLACES[place])
    archive = packed(top)
    assert is_archive(str(archive)) and is_system(str(top))
    for one in (archive, top):
        for arguments in ({"paths": [str(one)]}, {"root": str(one)}):
            found = explained(**arguments)
            assert (found.input.denials, found.input.unreadable) == (1, 0)
            assert [group.source for incident in found.incidents for group in incident.finding.groups] == ["httpd_t"]


def test_what_one_place_has_and_another_lacks_is_not_lost(tmp_path: Path) -> None:
    files = {
        AUSEARCH: interpreted(TWO),
        "sos_commands/kernel/dmesg": dmesg(ONE),
        "var/log/messages": syslog(TWO) + syslog(THREE),
        "var/log/messages-20260801": syslog(avc(7)),
        BOOT: journal(TWO) + journal(THREE) + journal(avc(9, pid=77)),
        JOURNAL: journal(ONE) + journal(TWO) + journal(THREE) + journal(avc(9, pid=77)) + journal(avc(8, pid=78)),
    }
    found = explained(root=str(lay_out(tmp_path, files)))
    assert (found.input.denials, found.input.unreadable) == (6, 0)  # serials 1, 2, 3, 7, 8 and 9
    assert all("avcdoctor-work" not in name for name in found.input.files)


def test_equal_records_of_one_place_are_different_denials(tmp_path: Path) -> None:
    files = {"var/log/messages": syslog(ONE) + syslog(TWO), JOURNAL: journal(ONE) * 3}
    assert explained(root=str(lay_out(tmp_path, files))).input.denials == 3


@pytest.mark.parametrize("words", ["type=1401 ", "sealert ", "avc: denied ", "audit("])
def test_a_long_line_of_somebodys_costs_no_more_than_its_length(words: str, tmp_path: Path) -> None:
    text = syslog(ONE) + words * 30_000 + "\n" + syslog(TWO)
    top = lay_out(tmp_path, {JOURNAL: syslog(ONE), "var/log/messages": text})
    before = time.process_time()
    files = find_logs([], root=str(top))
    assert time.process_time() - before < 5
    assert "".join(Path(file).read_text() for file in files).count("avc:  denied") == 2


def test_a_line_without_an_end_is_read_in_pieces() -> None:
    text = b"x" * (5 << 20) + b"\n" + b"end"
    pieces = list(_lines(io.BytesIO(text)))
    assert b"".join(pieces) == text and max(map(len, pieces)) <= 2 * (1 << 20) + 1


def test_a_report_without_a_denial_says_what_to_collect(tmp_path: Path) -> None:
    top = lay_out(tmp_path, {"var/log/messages": "Aug 13 11:12:13 web1 app: started\n"})
    with pytest.raises(InputError, match="holds no audit log, and no denial") as caught:
        find_logs([], str(top))
    assert "sos report -o" in (caught.value.hint or "")


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(syslog(ONE))
    files = {
        "var/log/messages": LINK + str(secret),
        JOURNAL: LINK + "../../../../secret",
        "var/log/kern.log": syslog(TWO),
    }
    top = lay_out(tmp_path / "report", files)
    for one in (top, packed(top)):
        assert explained(root=str(one)).input.denials == 1


@pytest.mark.parametrize("kind", ["plain", *PACK])
def test_each_way_of_packing(kind: str, tmp_path: Path) -> None:
    data = packed(lay_out(tmp_path, PLACES["trail"]), "w").read_bytes()
    report = tmp_path / "sosreport"
    report.write_bytes(PACK[kind](data) if kind in PACK else data)
    (log,) = find_logs([], str(report))
    assert Path(log).read_text() == raw(ONE)


def test_a_report_goes_alone(tmp_path: Path) -> None:
    top = lay_out(tmp_path, PLACES["trail"])
    log = tmp_path / "audit.log"
    log.write_text(raw(TWO))
    with pytest.raises(InputError, match="is a system of its own") as caught:
        explained(paths=[str(top), str(log)])
    assert "avcdoctor fleet" in (caught.value.hint or "")


def test_other_files_are_no_archive(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for data in (b"", raw(ONE).encode(), PACK["gzip"](raw(ONE).encode()), PACK["xz"](b"")[:20]):
        log.write_bytes(data)
        assert not is_archive(str(log))
    assert not is_archive(str(tmp_path)) and not is_archive("-")


def test_a_folder_with_logs_is_no_system(tmp_path: Path) -> None:
    assert not is_system(str(tmp_path))
    (tmp_path / "etc").mkdir()
    assert not is_system(str(tmp_path))
    (tmp_path / "var").mkdir()
    assert is_system(str(tmp_path))
    (tmp_path / "audit.log").write_text(raw(ONE))
    assert not is_system(str(tmp_path))


def test_what_is_not_wanted_counts_for_the_limit(tmp_path: Path) -> None:
    zeros = tarfile.TarInfo("sosreport/sys/zeros")
    zeros.size = 300 << 20
    bomb = tmp_path / "bomb.tar"
    with tarfile.open(bomb, "w") as archive:
        archive.addfile(zeros, io.BytesIO(b"\0" * zeros.size))
    small = tmp_path / "bomb.tar.xz"
    small.write_bytes(PACK["xz"](bomb.read_bytes()))
    assert small.stat().st_size < 1 << 20
    with pytest.raises(InputError, match="would become larger"):
        find_logs([], str(small))


def test_system_tar_is_read(tmp_path: Path) -> None:
    top = lay_out(tmp_path, PLACES["trail"])
    subprocess.run(["tar", "-czf", tmp_path / "s.tar.gz", "-C", tmp_path, top.name], check=True)
    assert api.explain([str(tmp_path / "s.tar.gz")], policy="reference").input.denials == 1
