"""`triage` on a sosreport: in a service's place, by --root, packed; its records once, its mode, its other layers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, List, Tuple

import pytest

from avcdoctor.cli import main as command
from tests.sosreports import avc, journal, lay_out, packed, raw, syslog

NAME = "sosreport-web1-2026-08-13-qmzhtrx"
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "sosreport" / NAME
APPARMOR = (
    'Aug 13 11:12:13 web1 kernel: audit: type=1400 audit(1786619533.250:31): apparmor="DENIED" operation="open" '
    'profile="/usr/sbin/named" name="/srv/zone" pid=41 comm="named" requested_mask="r" denied_mask="r" fsuid=0 ouid=0\n'
)


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> Tuple[int, Any, str]:
    code = command.main(["triage", *words, "--format", "json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else None, said.err


def denials(answer: Any) -> int:
    return int(answer["explain"]["input"]["denials"])


@pytest.mark.skipif(shutil.which("secilc") is None, reason="the reference policy can't be compiled")
def test_the_sample_in_each_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / NAME
    shutil.copytree(SAMPLE, copy, symlinks=True)
    forms: List[List[str]] = [[str(copy)], ["--root", str(copy)], [str(packed(copy))], ["httpd", "--root", str(copy)]]
    for words in forms:
        code, answer, _ = ask(capsys, *words)
        assert (code, answer["layer"], denials(answer)) == (1, "selinux", 3)
        told = [one for one in answer["explain"]["policy"]["notes"] if one.startswith("from the sosreport")]
        assert len(told) == 1


def test_a_trail_goes_before_what_the_syslog_repeats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"var/log/audit/audit.log": raw(avc(1)), "var/log/messages": syslog(avc(1)) + journal(avc(1))}
    for words in ([], ["httpd"]):
        _, answer, _ = ask(capsys, *words, "--root", str(lay_out(tmp_path / str(len(words)), files)))
        assert (answer["layer"], denials(answer)) == ("selinux", 1)


def test_a_record_that_only_the_journal_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"sos_commands/logs/journalctl_--no-pager": journal(avc(1))}
    for words in ([], ["httpd"]):
        _, answer, _ = ask(capsys, *words, "--root", str(lay_out(tmp_path / str(len(words)), files)))
        assert (answer["layer"], denials(answer)) == ("selinux", 1)


def test_another_layers_records_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, _ = ask(capsys, str(lay_out(tmp_path, {"var/log/syslog": APPARMOR})))
    assert (code, answer["layer"]) == (1, "apparmor")


def test_a_machine_with_selinux_switched_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "Aug 13 11:12:13 web1 app[1]: open /srv/data: Permission denied\n"
    files = {"var/log/messages": line, "sos_commands/selinux/sestatus": "SELinux status:                 disabled\n"}
    _, answer, _ = ask(capsys, str(lay_out(tmp_path, files)))
    assert answer["selinux"] is False and "switched off when the report was made" in answer["selinux_why"]


def test_nothing_in_it_is_not_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, told = ask(capsys, str(lay_out(tmp_path, {})))
    assert code == 3 and "nothing was read" in told


def test_a_service_that_is_called_like_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes").write_text("hello\n")
    code, _, told = ask(capsys, str(tmp_path / "notes"))
    assert code == 2 and "is no name of a service" in told


def test_what_sos_did_not_copy_is_no_fault_of_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "etc/haproxy/haproxy.cfg": "global\n  chroot /var/lib/haproxy\n",
        "var/log/messages": "Aug 13 11:12:13 web1 x: y\n",
    }
    listing = "/var/lib:\ntotal 0\ndrwxr-xr-x. 2 root root system_u:object_r:var_lib_t:s0 6 Aug 13 11:12 .\n"
    for listed, told in (({}, False), ({"sos_commands/a/ls_-alZR_.var.lib": listing}, True)):
        _, answer, _ = ask(capsys, "haproxy", "--root", str(lay_out(tmp_path / str(told), {**files, **listed})))
        assert ("chroot" in json.dumps(answer)) is told
