"""`triage SERVICE`: journal, audit trail, unit, configuration and paths of one machine together."""

import gzip
import json
import os
from pathlib import Path

import jsonschema
import pytest

from avcdoctor.cli import main as command

SCHEMA = json.loads((Path(command.__file__).parents[1] / "render/triage.schema.json").read_text())
AVC = (
    'type=AVC msg=audit(1793611805.204:77): avc:  denied  { read } for  pid=41 comm="app" name="a" dev="vda1" ino=5 '
    "scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0\n"
)


@pytest.fixture
def root(tmp_path):
    for name in ("etc/systemd/system", "var/log/audit", "home/ann"):
        (tmp_path / name).mkdir(parents=True)
    tmp_path.chmod(0o755)
    (tmp_path / "etc/passwd").write_text(
        "root:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/false\nann:x:1000:1000::/home/ann:/bin/sh\n"
    )
    (tmp_path / "etc/systemd/system/app.service").write_text(
        "[Service]\nExecStart=/usr/bin/app\nUser=web\nProtectHome=yes\n"
    )
    return tmp_path


def ask(capsys, *words):
    code = command.main(["triage", *words, "--format", "json"])
    said = capsys.readouterr()
    answer = json.loads(said.out) if said.out else None
    if answer:
        jsonschema.validate(answer, SCHEMA)
    return code, answer, said.err


def test_a_setting_of_the_unit_is_the_layer(root, capsys):
    (root / "var/log/messages").write_text("Nov 02 10:30:05 h app[1]: open /home/ann/data: Permission denied\n")
    code, answer, _ = ask(capsys, "app", "--root", str(root))
    assert code == 1
    assert (answer["layer"], answer["selinux"]) == ("sandbox", False)
    assert "ProtectHome" in answer["title"]
    assert answer["incidents"][0]["also"] == ["dac"]


def test_a_path_is_walked_as_the_units_user(root, capsys):
    (root / "srv").mkdir(mode=0o700)
    (root / "srv/data").write_text("")
    (root / "var/log/syslog").write_text("Nov 02 10:30:05 h app[1]: open /srv/data: Permission denied\n")
    code, answer, _ = ask(capsys, "app", "--root", str(root))
    assert (code, answer["layer"]) == (1, "dac")
    assert "web may not enter /srv" in answer["cause"]
    assert answer["remedies"][0]["actions"][0]["argv"] == ["setfacl", "-m", "u:web:x", "--", "/srv"]
    assert answer["remedies"][0]["undo"]


def test_lines_of_other_services_are_left_out(root, capsys):
    (root / "var/log/syslog").write_text("Nov 02 10:30:05 h other[1]: open /srv/data: Permission denied\n")
    code, answer, complaint = ask(capsys, "app", "--root", str(root))
    assert (code, answer["layer"]) == (3, None)
    assert "/var/log/syslog holds nothing about app;" in complaint
    assert any("no audit trail" in note for note in answer["notes"])


def test_a_denial_goes_on_to_explain(root, capsys):
    (root / "var/log/audit/audit.log").write_text(AVC)
    (root / "var/log/messages").write_text("Nov 02 10:30:05 h app[41]: open /srv/a: Permission denied\n")
    code, answer, _ = ask(capsys, "app", "--root", str(root), "--policy", "reference")
    assert (code, answer["layer"], answer["selinux"]) == (1, "selinux", True)
    assert answer["explain"]["incidents"][0]["denials"] == 1
    assert command.main(["triage", "app", "--root", str(root), "--policy", "reference"]) == 1
    shown = capsys.readouterr().out
    assert "SELinux stopped it" in shown
    assert "httpd_t" in shown


def test_since_leaves_older_records_out(root, capsys):
    (root / "var/log/audit/audit.log").write_text(AVC)
    code, answer, _ = ask(capsys, "app", "--root", str(root), "--since", "2026-11-03T00:00:00")
    assert (code, answer["layer"]) == (3, None)


def test_no_such_service(root, capsys):
    code, _, complaint = ask(capsys, "nothere", "--root", str(root))
    assert code == 2
    assert "no service" in complaint


def test_nothing_to_look_at(capsys):
    code, _, complaint = ask(capsys)
    assert code == 2
    assert "--log" in complaint


def test_a_sosreport_is_not_walked(root, capsys):
    (root / "sos_commands").mkdir()
    (root / "var/log/messages").write_text("Nov 02 10:30:05 h app[1]: open /srv/data: Permission denied\n")
    _, answer, _ = ask(capsys, "app", "--root", str(root))
    assert "does not exist" not in answer["cause"]
    assert any("report" in note for note in answer["notes"])


def test_the_live_journal_and_unit_are_asked(monkeypatch, tmp_path, capsys):
    tools = tmp_path / "bin"
    tools.mkdir()
    journal = "2026-11-02T10:30:05+0100 h demo[1]: cannot open /home/x/y: Permission denied"
    for name, answer in (
        ("journalctl", journal),
        ("systemctl", "LoadState=loaded\nUser=\nProtectHome=yes\nExecStart={ path=/usr/bin/demo ; }"),
    ):
        (tools / name).write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    code, answer, _ = ask(capsys, "demo")
    assert code == 1
    assert answer["input"]["sources"][0] == "the journal"
    assert answer["layer"] == "sandbox"


def test_without_systemd_and_journal_it_says_what_is_missing(monkeypatch, root, capsys):
    monkeypatch.setenv("PATH", str(root))
    _, answer, _ = ask(capsys, "app", "--root", str(root))
    assert any("--log" in note for note in answer["notes"])


def test_unreadable_configuration_is_no_crash(root, capsys):
    (root / "etc/haproxy").mkdir()
    (root / "etc/haproxy/haproxy.cfg").write_bytes(b"global\n chroot '/x\n\xff\xfe\0\n")
    (root / "etc/keepalived").mkdir()
    (root / "etc/keepalived/keepalived.conf").symlink_to("keepalived.conf")
    assert ask(capsys, "haproxy", "--root", str(root))[0] in (0, 1)
    assert ask(capsys, "keepalived", "--root", str(root))[0] == 3


def test_keepalived_configuration_tells_a_missing_script(root, capsys):
    (root / "etc/keepalived").mkdir()
    (root / "etc/keepalived/keepalived.conf").write_text(
        'global_defs {\n enable_script_security\n}\nvrrp_script a {\n  script "/usr/libexec/keepalived/gone.sh 5"\n}\n'
    )
    code, answer, _ = ask(capsys, "keepalived", "--root", str(root))
    assert (code, answer["layer"]) == (1, "path")
    assert answer["incidents"][0]["rule"] == "KEEPALIVED506"


def test_compressed_and_audit_logs_are_read(root, capsys):
    log = root / "old.gz"
    log.write_bytes(gzip.compress(b"sshd[1]: Authentication refused: bad ownership or modes for directory /home/ann\n"))
    audit = root / "audit.log"
    audit.write_text(AVC.replace("permissive=0", "permissive=1"))
    code, answer, _ = ask(capsys, "--log", str(log), "--audit", str(audit))
    assert (code, answer["layer"], answer["selinux"]) == (1, "dac", False)
    assert len(answer["incidents"]) == 2


def test_a_file_system_that_the_image_lacks_is_not_called_missing(root, capsys):
    (root / "etc/fstab").write_text("/dev/a / ext4 defaults 0 1\n/dev/b /data ext4 defaults 0 2\n")
    (root / "var/log/syslog").write_text("Nov 02 10:30:05 h app[1]: open /data/x/y: Permission denied\n")
    for _ in range(2):  # without the mount point, and with an empty one
        _, answer, _ = ask(capsys, "app", "--root", str(root))
        assert answer["layer"] == "dac"
        assert "does not exist" not in str(answer["evidence"])
        (root / "data").mkdir(exist_ok=True)
