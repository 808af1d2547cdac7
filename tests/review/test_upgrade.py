"""From one policy to another: denials that end and begin, rules that are no longer needed, what is lost."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Tuple

import pytest

from avcdoctor.cli import main as command
from avcdoctor.host.local import Local, LocalContext, LocalPort
from avcdoctor.host.policy import Policy
from avcdoctor.read import read
from avcdoctor.render import upgrade as renderer
from avcdoctor.review.cil import module_of
from avcdoctor.review.upgrade import compare

BASE = """
(handleunknown allow)(mls false)(class file (read write))(classorder (file))(sid kernel)(sidorder (kernel))
(user u)(role r)(role object_r)(userrole u r)(type a_t)(type b_t)(roletype r a_t)(roletype object_r b_t)
(roletype r b_t)(userrole u object_r)(sidcontext kernel (u r a_t ((s0)(s0))))(sensitivity s0)(sensitivityorder (s0))
(userlevel u (s0))(userrange u ((s0)(s0)))
"""
DENIAL = (
    'type=AVC msg=audit(1700000000.000:{}): avc:  denied  {{ {} }} for  pid=1 comm="a" scontext=u:r:a_t:s0 '
    "tcontext=u:object_r:b_t:s0 tclass=file permissive=0\\n"
)


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("policies")
    made = []
    for name, more in (
        (
            "old",
            "(allow a_t b_t (file (write)))(type gone_t)(roletype object_r gone_t)(boolean gone true)"
            "(boolean on false)",
        ),
        ("new", "(allow a_t b_t (file (read)))(boolean on true)"),
    ):
        source, target = folder / f"{name}.cil", folder / f"{name}.policy"
        source.write_text(BASE + more)
        subprocess.run(["secilc", "-c", "33", "-o", target, "-f", folder / "contexts", source], check=True)
        made.append(target)
    return made[0], made[1]


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "audit.log"
    path.write_text(DENIAL.format(1, "read").replace("\\\\n", "\\n"))
    return str(path)


def test_what_changes(policies: Tuple[Path, Path], log: str) -> None:
    old, new = (Policy(path, path.stem) for path in policies)
    modules = [module_of("local", "(allow a_t b_t (file (read)))(allow a_t gone_t (file (read)))")]
    local = Local(
        (), (), {"gone": True, "on": True}, (LocalPort("tcp", 1, 1, "gone_t"),), (LocalContext("/x", "", "gone_t"),)
    )
    found = compare(old, new, read([log]).groups, modules, [local])
    assert [sorted(group.permissions) for group in found.ended] == [["read"]]
    assert found.begun == ()
    assert found.redundant == (("local", "allow a_t b_t:file { read }"),)
    assert len(found.lost) == 5
    assert compare(new, old, read([log]).groups).begun != ()
    for width in (80, 140):
        shown = renderer.text(found, width=width)
        assert "denials that end: 1" in shown


def test_as_typed(policies: Tuple[Path, Path], log: str, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (str(path) for path in policies)
    assert command.main(["review", "--from", old, "--to", new, log, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["ended"][0]["source"] == "a_t"
    assert command.main(["review", "--from", new, "--to", old, log]) == 1
    assert command.main(["review", "--from", old, log]) == 2
    assert command.main(["review", "--to", new]) == 2
