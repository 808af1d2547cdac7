"""Going on where the last run ended: nothing twice, nothing lost, through rotation."""

import json
from pathlib import Path

import pytest

from avcdoctor.cli import main as command
from avcdoctor.errors import InputError
from avcdoctor.read.resume import read_on
from avcdoctor.sources import checkpoint

LINE = (
    'type=AVC msg=audit(17549894{0:02}.101:{0}): avc:  denied  {{ read }} for  pid=7 comm="a{0}" '
    "scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:shadow_t:s0 tclass=file permissive=0\n"
)


def no_warning(words: str) -> None:
    raise AssertionError(words)


def programs(path: Path, position):
    resumed = read_on(str(path), position, no_warning)
    names = sorted(item.value for group in resumed.reading.groups for item in group.processes)
    assert resumed.reading.summary.denials == len(names)
    return names, resumed.position


def test_each_denial_once_through_rotation(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(LINE.format(1))
    (tmp_path / "audit.log.1").write_text(LINE.format(0))
    names, position = programs(log, None)
    assert names == ["a0", "a1"]
    assert programs(log, position)[0] == []
    with log.open("a") as stream:
        stream.write(LINE.format(2))
    names, position = programs(log, position)
    assert names == ["a2"]
    (tmp_path / "audit.log.1").rename(tmp_path / "audit.log.2")
    with log.open("a") as stream:
        stream.write(LINE.format(3))
    log.rename(tmp_path / "audit.log.1")
    log.write_text(LINE.format(4))
    names, position = programs(log, position)
    assert names == ["a3", "a4"]
    assert programs(log, position)[0] == []


def test_a_log_that_is_gone_since_is_read_from_its_time_on(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(LINE.format(5))
    _, position = programs(log, None)
    log.unlink()
    log.write_text(LINE.format(5) + LINE.format(6))
    told = []
    resumed = read_on(str(log), replace_inode(position), told.append)
    assert [item.value for group in resumed.reading.groups for item in group.processes] == ["a6"]
    assert told == ["the file of the checkpoint is gone: reading all that is there since its time"]


def replace_inode(position):
    return position._replace(inode=position.inode + 1)


def test_no_log_is_an_error(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_on(str(tmp_path / "none"), None, no_warning)


def test_the_command_goes_on(tmp_path, capsys):
    log, saved = tmp_path / "audit.log", tmp_path / "saved.json"
    log.write_text(LINE.format(7))
    argv = ["explain", "-q", "--policy", "reference", "--format", "json", "--checkpoint", str(saved), str(log)]
    assert command.main(argv) == 1
    assert json.loads(capsys.readouterr().out)["input"]["denials"] == 1
    assert checkpoint.load(saved) is not None
    assert command.main(argv) == 0
    assert json.loads(capsys.readouterr().out)["incidents"] == []
    assert command.main([*argv, "--format", "text"]) == 0
    assert "Nothing came since the last run." in capsys.readouterr().out
    with log.open("a") as stream:
        stream.write(LINE.format(8))
    assert command.main(argv) == 1
