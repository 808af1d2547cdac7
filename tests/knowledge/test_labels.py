"""Default labels of well-known paths."""

from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.knowledge.facts import Label
from avcdoctor.knowledge.labels import default_label
from avcdoctor.knowledge.tables import rows


@pytest.mark.parametrize(
    ("path", "type_", "sure"),
    [
        ("/etc/resolv.conf", "net_conf_t", True),
        ("/etc/shadow", "shadow_t", True),
        ("/etc/keepalived/check.sh", "etc_t", True),
        ("/etc/unheard-of/x.conf", "etc_t", False),
        ("/var/www/html/index.html", "httpd_sys_content_t", True),
        ("/var/www/html/", "httpd_sys_content_t", True),
        ("/var/www/html/shop/logs/a", "httpd_log_t", True),
        ("/var/www/html/a/b/uploads/x.jpg", "httpd_sys_rw_content_t", True),
        ("/var/www/cgi-bin/a.pl", "httpd_sys_script_exec_t", True),
        ("/var/lib/mysql/ibdata1", "mysqld_db_t", True),
        ("/var/lib/unheard-of", "var_lib_t", False),
        ("/usr/local/bin/tool", "bin_t", True),
        ("/opt/thing/bin/run", "bin_t", True),
        ("/opt/thing/logs/a.log", "usr_t", False),
        ("/home", "home_root_t", True),
        ("/home/jane", "user_home_dir_t", True),
        ("/home/jane/notes", "user_home_t", True),
        ("/home/jane/.ssh/authorized_keys", "ssh_home_t", True),
        ("/root/.ssh/authorized_keys", "ssh_home_t", True),
        ("/data/www/index.html", "default_t", False),
        ("/", "default_t", False),
        ("/var/run/docker.sock", "container_var_run_t", True),
        ("/bin/bash", "shell_exec_t", True),
    ],
)
def test_paths(path: str, type_: str, sure: bool) -> None:
    assert default_label(path) == Label(type_, sure)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("resolv.conf", "net_conf_t"),
        ("web.service", "systemd_unit_file_t"),
        ("libthing.so.3", "lib_t"),
        ("authorized_keys", "ssh_home_t"),
        ("index.html", None),
        ("", None),
        (".service", None),
    ],
)
def test_bare_names(name: str, type_: Optional[str]) -> None:
    label = default_label(name)
    assert (label.type if label else None) == type_


@given(st.text(max_size=80))
def test_every_absolute_path_has_a_label(tail: str) -> None:
    label = default_label("/" + tail)
    assert label is not None
    assert label.type.endswith("_t")


@given(st.sampled_from([row[0] for row in rows("labels.tsv") if row[0].endswith("/") and "*" not in row[0]]))
def test_a_tree_labels_itself_and_an_unknown_child_alike_or_better(tree: str) -> None:
    child = default_label(tree + "no-such-entry")
    expected = next(row[1] for row in rows("labels.tsv") if row[0] == tree)
    assert child is not None
    assert child.type == expected or any("*" in row[0] and row[1] == child.type for row in rows("labels.tsv"))


def test_no_path_stands_twice() -> None:
    paths = [row[0] for row in rows("labels.tsv")]
    assert sorted(set(paths)) == sorted(paths)


def test_the_last_column_is_sure_or_guess() -> None:
    assert {row[2] for row in rows("labels.tsv")} == {"sure", "guess"}
