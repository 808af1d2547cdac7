"""Going on where the last run ended: nothing twice, nothing lost, through rotation."""

import gzip
import json
from pathlib import Path

import pytest

from avcdoctor.cli import main as command
from avcdoctor.errors import InputError
from avcdoctor.read.resume import read_on
from avcdoctor.sources import checkpoint
from avcdoctor.sources.follow import GONE

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


def packed(path: Path) -> Path:
    target = path.with_name(path.name + ".gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return target


def test_files_that_were_packed_belong_to_the_log(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(LINE.format(2))
    (tmp_path / "audit.log.1").write_text(LINE.format(1))
    (tmp_path / "audit.log.2").write_text(LINE.format(0))
    packed(tmp_path / "audit.log.2")
    names, position = programs(log, None)
    assert names == ["a0", "a1", "a2"]
    assert programs(log, position)[0] == []
    with log.open("a") as stream:
        stream.write(LINE.format(3))
    (tmp_path / "audit.log.2.gz").rename(tmp_path / "audit.log.6.gz")
    (tmp_path / "audit.log.1").rename(tmp_path / "audit.log.5")
    packed(tmp_path / "audit.log.5")
    log.rename(tmp_path / "audit.log.4")
    packed(tmp_path / "audit.log.4")
    (tmp_path / "audit.log.3").write_text(LINE.format(4))
    packed(tmp_path / "audit.log.3")
    log.write_text(LINE.format(5))
    names, position = programs(log, position)
    assert names == ["a3", "a4", "a5"]
    assert programs(log, position)[0] == []


def test_a_packed_file_that_is_damaged_is_told_and_hides_nothing_else(tmp_path):
    log = tmp_path / "audit.log"
    log.write_text(LINE.format(1))
    whole = gzip.compress(LINE.format(0).encode())
    (tmp_path / "audit.log.1.gz").write_bytes(whole[:-12])
    told = []
    resumed = read_on(str(log), None, told.append)
    assert "a1" in [item.value for group in resumed.reading.groups for item in group.processes]
    assert len(told) == 1 and "audit.log.1.gz can't be read" in told[0]


def test_another_packed_file_is_no_copy(tmp_path):
    """Its denials count by their time alone, and that the file is gone is said."""
    log = tmp_path / "audit.log"
    log.write_text(LINE.format(5))
    _, position = programs(log, None)
    log.write_text(LINE.format(4))
    (tmp_path / "audit.log.1").write_text(LINE.format(3) + LINE.format(6))
    packed(tmp_path / "audit.log.1")
    told = []
    resumed = read_on(str(log), replace_inode(position), told.append)
    assert [item.value for group in resumed.reading.groups for item in group.processes] == ["a6"]
    assert told == [GONE]
