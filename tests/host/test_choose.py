from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from avcdoctor.errors import InputError, PolicyError
from avcdoctor.host import open_host, reference
from avcdoctor.host.choose import choose
from avcdoctor.host.files import Files


@pytest.fixture
def root(tmp_path: Path, tiny_path: Path) -> Path:
    """An offline root with a policy and an older one beside it."""
    top = tmp_path / "root"
    folder = top / "etc" / "selinux" / "targeted"
    (folder / "policy").mkdir(parents=True)
    (folder / "contexts" / "files").mkdir(parents=True)
    shutil.copy(tiny_path, folder / "policy" / "policy.33")
    (folder / "policy" / "policy.9").write_text("old")
    (folder / "policy" / "policy.kern").write_text("not numbered")
    (folder / "contexts" / "files" / "file_contexts").write_text("/srv(/.*)? system_u:object_r:content_t:s0\n")
    (top / "etc" / "selinux" / "config").write_text("# SELINUXTYPE=mls\nSELINUXTYPE = targeted\n")
    (top / "etc" / "os-release").write_text('NAME="Fedora Linux"\n')
    return top


def test_an_offline_roots_own_policy_and_labels(root: Path) -> None:
    host = open_host(root=str(root))
    assert not host.live
    assert host.info.origin == "root"
    assert host.info.name == "Fedora's targeted policy (version 33)"
    assert host.policy is not None
    assert host.policy.has_type("httpd_t")
    assert host.labels is not None
    assert str(host.labels.default("/srv/x")) == "system_u:object_r:content_t:s0"


def test_a_root_without_policy_falls_back_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    found = choose(None, Files(tmp_path), live=False)
    assert found.origin == "reference"
    assert "holds no SELinux policy" in found.notes[0]


def test_labels_without_a_policy_are_used(root: Path) -> None:
    shutil.rmtree(root / "etc/selinux/targeted/policy")
    host = open_host(root=str(root))
    assert host.labels is not None
    assert [entry.pattern for entry in host.labels.by_type["content_t"]] == ["/srv(/.*)?"]


def test_a_given_policy_brings_the_labels_beside_it(root: Path, tmp_path: Path) -> None:
    given = root / "etc/selinux/targeted/policy/policy.33"
    host = open_host(policy=str(given), root=str(tmp_path))
    assert host.info.origin == "file"
    assert host.labels is not None
    assert [entry.pattern for entry in host.labels.by_type["content_t"]] == ["/srv(/.*)?"]


def test_a_given_policy_alone_borrows_the_roots_labels_and_says_so(root: Path, tiny_path: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.bin"
    shutil.copy(tiny_path, alone)
    host = open_host(policy=str(alone), root=str(root))
    assert host.labels is not None
    assert any("no file_contexts lies beside" in note for note in host.info.notes)


def test_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no policy"):
        open_host(policy=str(tmp_path / "nothing"))
    with pytest.raises(PolicyError, match="is a directory, not a policy"):
        open_host(policy=str(tmp_path))
    corrupt = tmp_path / "policy.33"
    corrupt.write_bytes(b"\x8c\xff\x7c\xf9" + b"\xff" * 200)
    with pytest.raises(PolicyError, match="not a usable SELinux policy"):
        open_host(policy=str(corrupt))
    with pytest.raises(InputError, match="no archive that can be read"):
        open_host(root=str(corrupt))


def test_the_reference_policy_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    host = open_host(policy="reference")
    assert host.info.origin == "reference"
    assert host.policy is host.reference
    assert host.policy is not None
    assert host.policy.has_type("keepalived_t")
    assert host.labels is not None
    assert "keepalived_exec_t" in host.labels.by_type
    first = reference.compiled().stat().st_mtime_ns
    assert reference.compiled().stat().st_mtime_ns == first
    assert [path.suffix for path in (tmp_path / "avcdoctor").iterdir()] == [".policy"]


def test_without_secilc_there_is_no_policy_and_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(reference.shutil, "which", lambda *_arguments, **_options: None)
    host = open_host(policy="reference")
    assert host.policy is None
    assert host.info.origin == "none"
    assert any("secilc is not installed" in note for note in host.info.notes)


def test_broken_sources_are_told(tmp_path: Path) -> None:
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    (tmp_path / "bad.cil").write_text("(allow a_t b_t (file (read)))\n")
    with pytest.raises(PolicyError, match="secilc refuses the reference policy"):
        reference.compiled(tmp_path, tmp_path)
    with pytest.raises(PolicyError, match="reference policy is missing"):
        reference.compiled(tmp_path / "nothing", tmp_path)
