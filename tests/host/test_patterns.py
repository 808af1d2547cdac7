"""Patterns match their own path and nothing else, for the regex engine and for libselinux alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.host.patterns import literal_path, pattern_for, substituted, tree_pattern

HOSTILE = [
    "/srv/a b",
    "/srv/a\nb",
    "/srv/$(reboot);`id`",
    "/srv/.*",
    "/srv/a|b",
    "/srv/[x](y){2}^$?+*\\",
    "/srv/--help",
    "/srv/\x1b[31mred",
    "/srv/caf\u00e9",
    "/srv/\udcff\udcfe",
    "/srv/'quoted\"",
    "/srv/#hash",
]

paths = st.binary(min_size=0, max_size=40).map(
    lambda tail: "/" + tail.replace(b"\0", b"").decode("utf-8", "surrogateescape")
)


@pytest.mark.parametrize("path", HOSTILE)
def test_pattern_matches_only_its_path(path: str) -> None:
    data = path.encode("utf-8", "surrogateescape")
    compiled = re.compile(pattern_for(path).encode())
    assert compiled.fullmatch(data)
    for other in (data + b"x", data[:-1], data.replace(b"/srv", b"/etc"), b"/srv/shadow"):
        assert not compiled.fullmatch(other)


@given(paths)
def test_pattern_is_one_ascii_word_and_can_be_read_back(path: str) -> None:
    pattern = pattern_for(path)
    assert pattern.isascii()
    assert not re.search(r"\s", pattern)
    assert literal_path(pattern) == path
    assert re.compile(pattern.encode()).fullmatch(path.encode("utf-8", "surrogateescape"))


@given(paths, paths)
def test_two_paths_never_share_a_pattern(one: str, other: str) -> None:
    matches = re.compile(pattern_for(one).encode()).fullmatch(other.encode("utf-8", "surrogateescape"))
    assert bool(matches) == (one == other)


@pytest.mark.parametrize("path", ["", "relative", "-rf", "/a\0b"])
def test_pattern_needs_an_absolute_path(path: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        pattern_for(path)


def test_tree_pattern_covers_the_directory_and_what_is_below() -> None:
    compiled = re.compile(tree_pattern("/srv/www.d/"))
    assert compiled.fullmatch("/srv/www.d")
    assert compiled.fullmatch("/srv/www.d/a/b")
    assert not compiled.fullmatch("/srv/wwwxd")
    assert not compiled.fullmatch("/srv/www.data")
    assert literal_path(tree_pattern("/srv/www.d")) == "/srv/www.d"
    assert re.compile(tree_pattern("/")).fullmatch("/anything")


@pytest.mark.parametrize("pattern", ["/srv/.*", "/srv/[ab]", "/srv/a?", "/srv/(a|b)", "/srv/\\d"])
def test_a_pattern_for_many_paths_has_no_literal(pattern: str) -> None:
    assert literal_path(pattern) is None


def test_equivalences_take_the_longest_cover() -> None:
    equivalences = {"/run": "/var/run", "/run/lock": "/var/lock", "/srv/new": "/"}
    assert substituted("/run/a.pid", equivalences) == "/var/run/a.pid"
    assert substituted("/run/lock/x", equivalences) == "/var/lock/x"
    assert substituted("/runner", equivalences) == "/runner"
    assert substituted("/run", equivalences) == "/var/run"
    assert substituted("/srv/new/etc", equivalences) == "/etc"


@pytest.mark.bindings
def test_libselinux_reads_the_pattern_as_meant(tmp_path: Path) -> None:
    selinux = pytest.importorskip("selinux")
    contexts = tmp_path / "file_contexts"
    lines = ["/.*\tsystem_u:object_r:default_t:s0"]
    lines += [f"{pattern_for(path)}\tsystem_u:object_r:etc_t:s0" for path in HOSTILE]
    contexts.write_text("\n".join(lines) + "\n", encoding="ascii")
    option = selinux.selinux_opt()
    option.type, option.value = selinux.SELABEL_OPT_PATH, str(contexts)
    handle = selinux.selabel_open(selinux.SELABEL_CTX_FILE, option, 1)
    assert handle is not None
    for path in HOSTILE:
        if not any("\udc80" <= character <= "\udcff" for character in path):
            assert selinux.selabel_lookup(handle, path, 0)[1] == "system_u:object_r:etc_t:s0"
    assert selinux.selabel_lookup(handle, "/srv/shadow", 0)[1] == "system_u:object_r:default_t:s0"
    selinux.selabel_close(handle)
