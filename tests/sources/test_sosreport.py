"""A sosreport of our own making, packed in each way: its trail, and where it has none the next best place, once."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path
from typing import Dict

import pytest

from avcdoctor import api
from avcdoctor.sources.files import find_logs
from avcdoctor.sources.roots import is_archive
from tests.sources.test_unpack import PACK

RECORD = (
    'type=AVC msg=audit(1700000001.250:31): avc:  denied  { read } for  pid=41 comm="app" name="x" dev="dm-0" ino=7 '
    "scontext=u:r:app_t:s0 tcontext=u:object_r:data_t:s0 tclass=file permissive=0\n"
)
SYSLOG = RECORD.replace("type=AVC msg=", "Nov 14 22:13:21 web1 kernel: audit: type=1400 ")
COMMON = {
    "etc/selinux/config": "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
    "etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n',
    "sos_commands/selinux/sestatus_-b": "SELinux status:                 enabled\n",
}
LINK = "link to "
PLACES: Dict[str, Dict[str, str]] = {
    "trail": {"var/log/audit/audit.log": RECORD, "var/log/messages": SYSLOG},
    "tail of a large trail": {
        "var/log/audit/audit.log": LINK + "../../../sos_strings/auditd/var.log.audit.audit.log.tailed",
        "sos_strings/auditd/var.log.audit.audit.log.tailed": RECORD,
    },
    "ausearch": {
        "sos_commands/selinux/ausearch_-m_avc_user_avc_-ts_today": "----\n" + RECORD,
        "var/log/messages": SYSLOG,
    },
    "journal": {"sos_commands/logs/journalctl_--no-pager_--boot": SYSLOG, "var/log/messages": SYSLOG},
    "messages": {
        "var/log/messages": "Nov 14 22:13:21 web1 app: started\n" + SYSLOG,
        "sos_commands/kernel/dmesg": SYSLOG,
    },
    "dmesg": {"sos_commands/kernel/dmesg": SYSLOG.partition("kernel: ")[2]},
}


def packed(files: Dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in {**COMMON, **files}.items():
            member = tarfile.TarInfo(f"sosreport-web1-2024/{name}")
            if text.startswith(LINK):
                member.type, member.linkname = tarfile.SYMTYPE, text[len(LINK) :]
                archive.addfile(member)
            else:
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.mark.parametrize("place", list(PLACES))
def test_each_place_is_read_once(place: str, tmp_path: Path) -> None:
    report = tmp_path / "sosreport-web1-2024.tar.xz"
    report.write_bytes(PACK["xz"](packed(PLACES[place])))
    assert is_archive(str(report))
    for arguments in ({"paths": [str(report)]}, {"root": str(report)}):
        found = api.explain(policy="reference", **arguments)  # type: ignore[arg-type]
        assert (found.input.denials, found.input.unreadable) == (1, 0)
        assert [group.source for incident in found.incidents for group in incident.finding.groups] == ["app_t"]


@pytest.mark.parametrize("kind", ["plain", *PACK])
def test_each_way_of_packing(kind: str, tmp_path: Path) -> None:
    data = packed(PLACES["trail"])
    report = tmp_path / "sosreport"
    report.write_bytes(PACK[kind](data) if kind in PACK else data)
    (log,) = find_logs([], str(report))
    assert Path(log).read_text() == RECORD


def test_other_files_are_no_archive(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for data in (b"", RECORD.encode(), PACK["gzip"](RECORD.encode()), PACK["xz"](b"")[:20]):
        log.write_bytes(data)
        assert not is_archive(str(log))
    assert not is_archive(str(tmp_path)) and not is_archive("-")


def test_system_tar_is_read(tmp_path: Path) -> None:
    (tmp_path / "sos" / "var/log/audit").mkdir(parents=True)
    (tmp_path / "sos" / "etc").mkdir()
    (tmp_path / "sos" / "etc/os-release").write_text("ID=rhel\n")
    (tmp_path / "sos" / "var/log/audit/audit.log").write_text(RECORD)
    subprocess.run(["tar", "-czf", tmp_path / "s.tar.gz", "-C", tmp_path, "sos"], check=True)
    assert api.explain([str(tmp_path / "s.tar.gz")], policy="reference").input.denials == 1
