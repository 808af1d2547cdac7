"""What a start may load: an `explain` of one denial brings in what it needs, and the help far less."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import List, Set

DENIAL = (
    b'type=AVC msg=audit(1767225600.000:1): avc:  denied  { read } for  pid=41 comm="httpd" path="/srv/a" dev="dm-0" '
    b"ino=7 scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:var_t:s0 tclass=file permissive=0\n"
)
HEAVY = {"yaml", "jinja2", "setools", "semanage", "dask", "fsspec", "html", "rich", "csv"}
NOT_NEEDED = (
    "avcdoctor.apply",
    "avcdoctor.assistant",
    "avcdoctor.fleet",
    "avcdoctor.gate.baseline",
    "avcdoctor.gate.ignore",
    "avcdoctor.knowledge.lint",
    "avcdoctor.knowledge.loader",
    "avcdoctor.knowledge.messages",
    "avcdoctor.knowledge.nodes",
    "avcdoctor.read.resume",
    "avcdoctor.read.shapes.layers",
    "avcdoctor.render.html",
    "avcdoctor.review",
    "avcdoctor.tail",
    "avcdoctor.triage",
)
MOST_MODULES = 222
MOST_EXPRESSIONS = 230  # some 209; those of libraries vary by a few with the environment
PROGRAM = """
import importlib, sys
compiler = importlib.import_module("re._compiler" if sys.version_info >= (3, 11) else "sre_compile")
count, compiled = [0], compiler.compile
def counting(*given):
    count[0] += 1
    return compiled(*given)
compiler.compile = counting
from avcdoctor.cli.main import main
main(sys.argv[1:])
print("expressions", count[0], *sys.modules, file=sys.stderr)
"""
"""Runs a command, then tells how many regular expressions were compiled, and which modules are loaded."""


def loaded(argv: List[str], cache: Path) -> List[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *argv], capture_output=True, text=True, check=True, env=environment
    )
    return done.stderr.rpartition("expressions ")[2].split()


def test_one_denial_loads_what_it_needs(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(DENIAL)
    argv = ["explain", "--exit-zero", "--policy", "reference", str(log)]
    loaded(argv, tmp_path)  # keeps the rule packs and facts as JSON
    expressions, *modules = loaded(argv, tmp_path)
    ours = [name for name in modules if name.startswith("avcdoctor")]
    assert "avcdoctor.remedies.engine" in ours
    assert set(modules) & HEAVY == set()
    assert [name for name in ours if name.startswith(NOT_NEEDED)] == []
    assert len(ours) <= MOST_MODULES
    assert int(expressions) <= MOST_EXPRESSIONS


def test_the_help_loads_neither_policy_nor_rules(tmp_path: Path) -> None:
    modules: Set[str] = set(loaded(["--help"], tmp_path)) | set(loaded(["explain", "--help"], tmp_path))
    assert "avcdoctor.cli.explain" in modules
    parts = {name.split(".")[1] for name in modules if name.startswith("avcdoctor.")}
    assert parts & {"api", "diagnose", "host", "knowledge", "parse", "plan", "read", "remedies"} == set()
