from __future__ import annotations

import stat
from pathlib import Path

import pytest

from avcdoctor.host.labels import Labels

CONTEXTS = """\
# a comment
/.*\tsystem_u:object_r:default_t:s0
/srv/www(/.*)?\tsystem_u:object_r:content_t:s0
/srv/www/cgi-bin(/.*)?\tsystem_u:object_r:script_t:s0
/srv/www/tool\t--\tsystem_u:object_r:tool_t:s0
/srv/www/.*\\.sock\t-s\tsystem_u:object_r:socket_t:s0
/proc(/.*)?\t<<none>>
/usr/bin/odd\\.name\tsystem_u:object_r:odd_t:s0
/(lib|lib64)/.*\tsystem_u:object_r:lib_t:s0
/broken(\tsystem_u:object_r:broken_t:s0
/bad\tnocontext
one two three four
"""


@pytest.fixture
def labels(tmp_path: Path) -> Labels:
    folder = tmp_path / "default" / "contexts" / "files"
    folder.mkdir(parents=True)
    path = folder / "file_contexts"
    path.write_text(CONTEXTS)
    path.with_name("file_contexts.homedirs").write_text("/home/[^/]+\t-d\tsystem_u:object_r:home_t:s0\n")
    path.with_name("file_contexts.local").write_text("/srv/www/local(/.*)?\tsystem_u:object_r:local_t:s0\n")
    path.with_name("file_contexts.subs_dist").write_text("/run /var/run\n/lib64 /lib\n")
    path.with_name("file_contexts.subs").write_text("/data/site /srv/www\n")
    (folder.parent / "customizable_types").write_text("sandbox_file_t\nhttpd_user_content_t\n")
    return Labels(path)


@pytest.mark.parametrize(
    ("path", "mode", "type_"),
    [
        ("/srv/www/index.html", 0, "content_t"),
        ("/srv//www/", 0, "content_t"),
        ("/srv/www/cgi-bin/x", 0, "script_t"),  # the last match wins
        ("/srv/www/tool", stat.S_IFREG, "tool_t"),
        ("/srv/www/tool", stat.S_IFDIR, "content_t"),
        ("/srv/www/a.sock", stat.S_IFSOCK, "socket_t"),
        ("/srv/www/a.sock", stat.S_IFREG, "content_t"),
        ("/srv/www/local/x", 0, "local_t"),
        ("/usr/bin/odd.name", 0, "odd_t"),
        ("/usr/bin/oddxname", 0, "default_t"),
        ("/home/melek", stat.S_IFDIR, "home_t"),
        ("/lib64/x", 0, "lib_t"),
        ("/data/site/index.html", 0, "content_t"),  # equivalence
        ("/data/sites/index.html", 0, "default_t"),
        ("/nowhere", 0, "default_t"),
    ],
)
def test_default_label(labels: Labels, path: str, mode: int, type_: str) -> None:
    found = labels.default(path, mode)
    assert found is not None
    assert found.type == type_


@pytest.mark.parametrize("path", ["/proc/1/mem", "relative", ""])
def test_no_label(labels: Labels, path: str) -> None:
    assert labels.default(path) is None


def test_rules_paths_and_equivalences(labels: Labels) -> None:
    assert [entry.pattern for entry in labels.by_type["content_t"]] == ["/srv/www(/.*)?"]
    assert "nothing_t" not in labels.by_type
    assert labels.equivalences[0] == ("/data/site", "/srv/www")
    assert "/bad" not in [entry.pattern for entry in labels.rules()]
    assert labels.customizable == {"sandbox_file_t", "httpd_user_content_t"}
    entry = labels.entry("/srv/www/tool", stat.S_IFREG)
    assert entry is not None
    assert (entry.pattern, entry.file_type) == ("/srv/www/tool", "f")


def test_a_missing_file_means_no_labels(tmp_path: Path) -> None:
    for own in (False, True):  # with libselinux a missing file would crash the process
        missing = Labels(tmp_path / "file_contexts", own)
        assert missing.default("/srv/www") is None
        assert missing.rules() == ()


@pytest.mark.bindings
def test_libselinux_and_our_reading_agree(labels: Labels) -> None:
    pytest.importorskip("selinux")
    own = Labels(labels.path, own=True)
    for path in ("/srv/www/cgi-bin/x", "/srv/www/tool", "/data/site/a", "/run/x", "/proc/1", "/usr/bin/odd.name"):
        for mode in (0, stat.S_IFREG, stat.S_IFDIR):
            assert own.default(path, mode) == labels.default(path, mode), path
