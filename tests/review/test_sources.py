"""Modules in each of their languages become the same rules, and nothing in them is run."""

from __future__ import annotations

import bz2
import subprocess
from pathlib import Path

import pytest

from avcdoctor.errors import AvcdoctorError, InputError
from avcdoctor.review.model import Rule
from avcdoctor.review.sources import read_module

RULE = Rule("allow", "httpd_t", "etc_t", "file", frozenset({"write"}))
WHOLE = "module mine 1.0;\nrequire { type httpd_t, etc_t; class file write; }\nallow httpd_t etc_t:file write;\n"
AUDIT2ALLOW = "\n#============= httpd_t ==============\n#!!!! This avc is allowed\nallow httpd_t etc_t:file write;\n"


def compiled(folder: Path) -> bytes:
    (folder / "mine.te").write_text(WHOLE)
    subprocess.run(["checkmodule", "-M", "-m", "-o", folder / "mine.mod", folder / "mine.te"], check=True)
    subprocess.run(["semodule_package", "-o", folder / "mine.pp", "-m", folder / "mine.mod"], check=True)
    return (folder / "mine.pp").read_bytes()


def test_the_same_module_in_every_language(tmp_path: Path) -> None:
    pp = compiled(tmp_path)
    for data, name in (
        (WHOLE.encode(), "mine.te"),
        (AUDIT2ALLOW.encode(), "mine.te"),
        (
            b"policy_module(mine, 1.0)\ngen_require(`\n type httpd_t; class file write; type etc_t;\n')\n"
            b"allow httpd_t etc_t:file write;\n",
            "mine.te",
        ),
        (b"(allow httpd_t etc_t (file (write)))", "mine.cil"),
        (pp, "mine.pp"),
        (bz2.compress(pp), "mine.pp.bz2"),
        ((tmp_path / "mine.mod").read_bytes(), "mine.mod"),
    ):
        module = read_module(data, name)
        assert (module.rules, module.name) == ((RULE,), "mine"), name


def test_interfaces_are_named_and_not_expanded() -> None:
    module = read_module(b"policy_module(mine, 1.0)\nrequire { type a_t; }\napache_read_log(a_t)\n", "mine.te")
    assert module.interfaces == ("apache_read_log(a_t)",)


def test_m4_runs_nothing(tmp_path: Path) -> None:
    target = tmp_path / "ran"
    text = f"policy_module(mine, 1.0)\nsyscmd(`touch {target}')\nallow httpd_t etc_t:file write;\n"
    try:
        read_module(text.encode(), "mine.te")
    except AvcdoctorError as error:
        assert str(error).isprintable()
    assert not target.exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"  \n", b"\x7fELF\x02\x01\x01" + bytes(range(256)), b"%PDF-1.7\n1 0 obj", b"BZh91AY&SY broken", b"(allow a"],
)
def test_what_is_no_module_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_module(data, "x\x1b[2J.te")
    assert str(caught.value).isprintable()


def test_a_bomb_is_refused() -> None:
    with pytest.raises(InputError, match="larger"):
        read_module(bz2.compress(b"(" * (17 << 20)), "bomb.pp")


def test_a_compiled_module_that_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_module(compiled(tmp_path)[:200], "mine.pp")
