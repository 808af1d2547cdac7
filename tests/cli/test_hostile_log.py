"""A log whose names were chosen to hurt, through the whole command, in every format."""

import json
import re
import shutil
import subprocess

import pytest

from avcdoctor.cli import main as command
from tests.render.test_html import parsed

NAMES = [
    b"/var/www/html/a\nsetenforce 0",
    b"/var/www/html/\x1b]0;owned\x07\x1b[2J",
    b"/var/www/html/$(touch /tmp/owned)`id`",
    b"/var/www/html/<script>alert(1)</script>",
    b"/var/www/html/--\xff\xfe'\"\\",
    b"/var/www/html/{{ 7*7 }} {% raw %}",
    b"/var/www/html/[x](javascript:alert(1)) *b* @team",
    "/var/www/html/\u202egnp.sh".encode(),
]
COMM = b"ng\x1b[31m`i"


def written(value):
    """A value as the kernel writes it: hexadecimal when it holds a space, a quote or what can't be printed."""
    plain = all(0x21 <= byte <= 0x7E and byte != 0x22 for byte in value)
    return f'"{value.decode()}"' if plain else value.hex().upper()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "audit.log"
    lines = [
        f"type=AVC msg=audit(1794993242.101:{serial}): avc:  denied  {{ read }} for  pid=9 comm={written(COMM)} "
        f'path={written(name)} dev="dm-0" ino={serial} scontext=system_u:system_r:httpd_t:s0 '
        "tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0"
        for serial, name in enumerate(NAMES)
    ]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def run(capsys, *argv):
    code = command.main([*argv, "--policy", "reference"])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "shell", "ansible"])
def test_no_control_character_and_no_command_of_theirs(log, capsys, form):
    code, shown = run(capsys, "explain", "-v", "--format", form, log)
    assert code == 1
    assert not [character for character in shown if character != "\n" and not character.isprintable()]
    assert not re.search(r"^\s*[#$]?\s*setenforce", shown, re.MULTILINE)


@pytest.mark.parametrize("form", ["text", "json", "shell", "ansible"])
def test_plans_are_as_careful(log, capsys, form):
    code, shown = run(capsys, "fix", "--dry-run", "--format", form, log)
    assert code == 0
    assert not [character for character in shown if character != "\n" and not character.isprintable()]
    assert not re.search(r"^\s*[#$]?\s*setenforce", shown, re.MULTILINE)


def test_the_page_holds_no_markup_of_theirs(log, capsys):
    _, shown = run(capsys, "explain", "-q", "--format", "html", log)
    assert parsed(shown).seen.count("script") == 1  # the page's own
    assert "{{ 7*7 }}" in shown  # and not what a template engine would make of it


def test_json_tells_the_bytes(log, capsys):
    _, shown = run(capsys, "explain", "-q", "--format", "json", log)
    (incident,) = json.loads(shown)["incidents"]
    told = {action["argv"][-1].encode("utf-8", "surrogateescape") for action in incident["remedies"][0]["actions"]}
    assert len(told) >= 4
    assert told <= set(NAMES)


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_commands_of_the_text_name_exactly_the_files(log, capsys, tmp_path):
    """Paste every restorecon line into bash, where restorecon only writes down its last argument."""
    _, shown = run(capsys, "explain", "-q", "-v", log)
    lines = [line.strip() for line in shown.splitlines() if line.strip().startswith("restorecon ")]
    script = "restorecon() { printf '%s\\0' \"${@: -1}\"; }\n" + "\n".join(lines)
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, cwd=tmp_path)
    named = set(done.stdout.split(b"\0")[:-1])
    assert len(named) >= 4
    assert named <= set(NAMES)
