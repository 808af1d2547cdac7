"""Labels, modes and owners out of listings of every form that sosreports hold."""

from __future__ import annotations

import time

import pytest

from avcdoctor.host.listings import Entry, listed, parse

RECURSIVE = """\
/srv/shop:
total 8
drwxr-x---.  2 root shop unconfined_u:object_r:var_t:s0          4096 Aug 13 11:12 .
drwxr-xr-x. 20 root root system_u:object_r:var_t:s0              4096 Aug 13 11:12 ..
-rw-r--r--.  1 1000 1000 unconfined_u:object_r:user_home_t:s0     120 Aug 13  2025 index.html
lrwxrwxrwx.  1 root root system_u:object_r:var_t:s0                11 Aug 13 11:12 now -> index.html

/srv/shop/a b:
total 0
-rwsr-xr-t.  1 root root system_u:object_r:bin_t:s0:c1,c2          0 2026-08-13 11:12 tool
crw-rw-rw-.  1 root root system_u:object_r:null_device_t:s0     1, 3 Aug 13 11:12 null
-rw-r--r--   1 root root ?                                         0 Aug 13 11:12 unlabelled
"""


def one(line: str, asked: str = "") -> Entry:
    (found,) = parse(line + "\n", asked)
    return found


def test_a_recursive_listing_names_its_directories() -> None:
    found = listed([("", RECURSIVE)])
    assert found.directories == {"/srv/shop", "/srv/shop/a b"}
    labels = {path: entry.label.type if entry.label else None for path, entry in found.entries.items()}
    assert labels == {
        "/srv/shop": "var_t",
        "/srv/shop/index.html": "user_home_t",
        "/srv/shop/now": "var_t",
        "/srv/shop/a b/tool": "bin_t",
        "/srv/shop/a b/null": "null_device_t",
        "/srv/shop/a b/unlabelled": None,
    }
    facts = found.entries["/srv/shop"].facts
    assert facts is not None and (facts.type, oct(facts.mode), facts.owner, facts.group) == (
        "d",
        "0o750",
        "root",
        "shop",
    )
    tool = found.entries["/srv/shop/a b/tool"].facts
    assert tool is not None and oct(tool.mode) == "0o5755"
    index = found.entries["/srv/shop/index.html"].facts
    assert index is not None and (index.uid, index.size) == (1000, 120)


def test_a_listing_of_one_directory_does_not_name_it() -> None:
    line = "   4 -rw-r--r--. 1 root root system_u:object_r:etc_t:s0 120 Aug 13 11:12 hosts"
    assert list(parse(line)) == []
    assert one(line, "/etc").path == "/etc/hosts"


@pytest.mark.parametrize(
    ("line", "path", "type_"),
    [
        ("drwxrwxrwt. root root system_u:object_r:tmp_t:s0       /tmp", "/tmp", "tmp_t"),
        ("system_u:object_r:tmp_t:s0 /tmp/a b", "/tmp/a b", "tmp_t"),
        ("/etc/passwd                     system_u:object_r:passwd_file_t:s0", "/etc/passwd", "passwd_file_t"),
        ("/bin/sh        system_u:object_r:bin_t:s0 -> system_u:object_r:shell_exec_t:s0", "/bin/sh", "bin_t"),
        ("/srv/x has context a_u:object_r:var_t:s0, should be system_u:object_r:etc_t:s0", "/srv/x", "var_t"),
        ("Would relabel /srv/a b from u_u:object_r:user_home_t:s0 to u_u:object_r:etc_t:s0", "/srv/a b", "user_home_t"),
    ],
)
def test_other_forms(line: str, path: str, type_: str) -> None:
    found = one(line)
    assert (found.path, found.label.type if found.label else "") == (path, type_)


def test_what_is_no_listing_tells_nothing() -> None:
    text = "ls: cannot access '/srv': Permission denied\ntotal 8\n\n/srv/x verified.\nSELinux status: enabled\n"
    assert list(parse(text, "/srv")) == []


@pytest.mark.parametrize("line", ["/" + " x" * 3000, " " * 6000, "/a" + " " * 5000 + "b", "-rw-r--r-- " + "a " * 2900])
def test_a_hostile_line_takes_no_time(line: str) -> None:
    before = time.monotonic()
    list(parse(f"{line}\n" * 200, "/srv"))
    assert time.monotonic() - before < 5
