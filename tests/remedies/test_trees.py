"""Which directory a label rule may cover."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.remedies.trees import common_tree, is_shared


@pytest.mark.parametrize(
    ("paths", "directories", "tree"),
    [
        (("/data/shop/a.html",), (), "/data/shop"),
        (("/data/shop/a.html", "/data/shop/img/b.png"), (), "/data/shop"),
        (("/data/mysql",), ("/data/mysql",), "/data/mysql"),
        (("/data/shop/cache", "/data/shop/cache/x"), ("/data/shop/cache",), "/data/shop/cache"),
        (("/data/a/x", "/data/b/x"), (), "/data"),
        (("/srv/a", "/var/b"), (), ""),
        (("/etc/app.conf",), (), ""),
        (("/home",), ("/home",), ""),
        ((), (), ""),
    ],
)
def test_the_directory_they_share(paths: tuple[str, ...], directories: tuple[str, ...], tree: str) -> None:
    assert common_tree(paths, directories) == tree


NAMES = st.lists(st.sampled_from(["etc", "srv", "data", "var", "lib", "usr", "bin", "a", "b"]), min_size=1, max_size=5)


@given(st.lists(NAMES.map(lambda parts: "/" + "/".join(parts)), max_size=4))
def test_it_holds_every_path_and_is_never_the_system_s(paths: list[str]) -> None:
    tree = common_tree(tuple(paths))
    assert tree == "" or not is_shared(tree)
    assert not tree or all(path.startswith(tree + "/") for path in paths)
