"""What is kept of the YAML files equals them, notices their changes, and is never believed when it is damaged."""

import json
import os

import pytest

from avcdoctor.knowledge import kept as module
from avcdoctor.knowledge import packs
from avcdoctor.knowledge.kept import digest_of, kept, write
from avcdoctor.knowledge.loader import load_file
from avcdoctor.knowledge.schema import Service
from avcdoctor.resources import cache_dir, policies_dir

SHIPPED = policies_dir() / "rules"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "avcdoctor"


def counted(values):
    calls = []

    def make():
        calls.append(1)
        return values

    return make, calls


def test_the_same_files_are_read_once():
    make, calls = counted({"a": [1, "x", True]})
    assert [kept("trial", [("a.yaml", b"1")], make) for _ in range(2)] == [{"a": [1, "x", True]}] * 2
    assert len(calls) == 1


@pytest.mark.parametrize("sources", [[("a.yaml", b"2")], [("b.yaml", b"1")], [("a.yaml", b"1"), ("b.yaml", b"")], []])
def test_changed_added_and_missing_files_are_noticed(sources):
    make, calls = counted([])
    kept("trial", [("a.yaml", b"1")], make)
    kept("trial", sources, make)
    assert len(calls) == 2


def test_changed_code_is_noticed(monkeypatch):
    before = digest_of([])
    monkeypatch.setattr(module, "_code", lambda: b"other code")
    assert digest_of([]) != before


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"0" * 64 + b"\n[1]"])
def test_a_damaged_file_is_made_anew(own_cache, damage):
    make, calls = counted(["right"])
    kept("trial", [], make)
    (own_cache / "trial.json").write_bytes(damage)
    assert kept("trial", [], make) == ["right"]
    assert len(calls) == 2


def test_a_cut_file_is_made_anew(own_cache):
    make, calls = counted(["right"])
    kept("trial", [], make)
    whole = (own_cache / "trial.json").read_bytes()
    (own_cache / "trial.json").write_bytes(whole[:-3])
    assert kept("trial", [], make) == ["right"]
    assert len(calls) == 2


def test_the_folder_is_the_users_alone_and_nothing_else_is_left_in_it(own_cache):
    kept("trial", [], lambda: [])
    assert own_cache.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in own_cache.iterdir()] == ["trial.json"]


def test_a_folder_that_others_may_write_to_is_not_believed(own_cache):
    own_cache.mkdir(mode=0o777)
    own_cache.chmod(0o777)
    write(own_cache, "trial", digest_of([]), ["planted"])
    assert cache_dir() is None
    assert kept("trial", [], lambda: ["right"]) == ["right"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_believed(own_cache):
    own_cache.mkdir(mode=0o700)
    write(own_cache, "trial", digest_of([]), ["planted"])
    os.chown(own_cache, 12345, 12345)
    assert kept("trial", [], lambda: ["right"]) == ["right"]


def test_without_a_home_everything_still_works(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert kept("trial", [], lambda: ["right"]) == ["right"]


def test_kept_packs_equal_those_of_the_yaml_files():
    fresh = packs.load([SHIPPED])
    again = packs.load([SHIPPED])
    assert (cache_dir() / "rules.json").is_file()
    assert again == fresh
    assert again.services == tuple(load_file(path)[0] for path in sorted(SHIPPED.glob("*.yaml")))
    assert type(again.rules[0].when) is tuple


def test_packs_that_were_kept_elsewhere_name_the_files_of_here(tmp_path):
    service = load_file(SHIPPED / "keepalived.yaml")[0]
    assert isinstance(service, Service)
    moved = packs.service_of(json.loads(json.dumps(packs._plain(service))), tmp_path)
    assert moved.file == moved.rules[0].file == str(tmp_path / "keepalived.yaml")


def test_a_pack_with_an_error_is_told_at_every_start(tmp_path, monkeypatch):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "broken.yaml").write_text("service: broken\n")
    monkeypatch.setattr(packs, "policies_dir", lambda: tmp_path)
    for _ in range(2):
        assert [str(error) for error in packs.load([tmp_path / "rules"]).errors] != []
    assert not (cache_dir() / "rules.json").exists()
