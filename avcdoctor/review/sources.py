"""Brings a module in any of its languages (.te, .cil, .pp, audit2allow's output) into CIL, and never runs it.

A .te file goes through checkmodule and the distribution's pp-to-CIL converter. m4 is never called: its `syscmd` runs
programs, and a module from the net is a stranger's text.
"""

from __future__ import annotations

import bz2
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Dict, FrozenSet, List, NamedTuple, Sequence, Set, Tuple

from avcdoctor.errors import BindingError, InputError
from avcdoctor.model import safe_text
from avcdoctor.review.cil import MAXIMUM_SIZE, module_of
from avcdoctor.review.model import Module
from avcdoctor.system import install

_PP_MAGIC = (b"\x8f\xff\x7c\xf9", b"\x8d\xff\x7c\xf9")  # SEPOL_PP and SEPOL_MOD magic numbers (libsepol, module.h)
_CONVERTERS = ("/usr/libexec/selinux/hll/pp", "/usr/lib/selinux/hll/pp")
_SECONDS = 60
_MOST_ERROR_LINES = 3
_COMMENT = re.compile(r"#[^\n]*")
_HEADER = re.compile(r"\bmodule\s+([A-Za-z_][\w.-]*)\s+([\w.]+)\s*;")
_POLICY_MODULE = re.compile(r"\bpolicy_module\s*\(\s*([A-Za-z_][\w.-]*)\s*(?:,\s*([\w.]+)\s*)?\)")
_GEN_REQUIRE = re.compile(r"\bgen_require\s*\(\s*`([^']*)'\s*\)")
_CALL = re.compile(r"^[ \t]*([a-z_][a-z0-9_]*)\(([^()\n]*)\)[ \t]*;?[ \t]*$", re.MULTILINE)
_SET = r"(\{[^{}]*\}|[\w.$*~-]+)"
_TE_RULE = re.compile(
    rf"\b(?:allow|dontaudit|auditallow|neverallow|allowxperm)\s+{_SET}\s+{_SET}\s*:\s*{_SET}\s+{_SET}([^;]*);"
)
_IDENTIFIER = re.compile(r"^[^A-Za-z]+|[^A-Za-z0-9_]+")
_WORD = re.compile(r"[A-Za-z_][\w.]*")


class _Te(NamedTuple):
    name: str
    text: str
    interfaces: Tuple[str, ...]


def read_module(data: bytes, name: str) -> Module:
    """Read one module, whatever its language.

    Args:
        data: the file's bytes.
        name: the file's name.

    Raises:
        InputError: it is no module, too large, or a tool refuses it.
        BindingError: checkmodule or the converter is not installed.
    """
    if data[:3] == b"BZh":
        data = _unpacked(data, name)
    if len(data) > MAXIMUM_SIZE:
        raise InputError(f"{safe_text(name)} is larger than {MAXIMUM_SIZE >> 20} MiB", "no policy module is that large")
    if data[:4] in _PP_MAGIC:
        return module_of(_stem(name), _pp_to_cil(data, name), "pp")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(
            f"{safe_text(name)} is neither text nor a compiled policy module", "give a .te, .cil or .pp file"
        ) from None
    if not text.strip():
        raise InputError(f"{safe_text(name)} is empty", "give a .te, .cil or .pp file")
    if "\0" in text:
        raise InputError(f"{safe_text(name)} is no text", "give a .te, .cil or .pp file")
    bare = re.sub(r"(?:;|#)[^\n]*", "", text).lstrip()
    if bare.startswith("("):
        return module_of(_stem(name), text)
    te = _te_of(text, name)
    module = module_of(te.name, _te_to_cil(te, name), "te")
    return replace(module, interfaces=te.interfaces)


def _stem(name: str) -> str:
    stem = Path(name).name
    for ending in (".bz2", ".te", ".cil", ".pp", ".mod"):
        stem = stem[: -len(ending)] if stem.endswith(ending) and len(stem) > len(ending) else stem
    return safe_text(stem)


def _unpacked(data: bytes, name: str) -> bytes:
    decompressor = bz2.BZ2Decompressor()
    try:
        found = decompressor.decompress(data, MAXIMUM_SIZE + 1)
    except OSError:
        raise InputError(f"{safe_text(name)} is damaged: bzip2 can't unpack it", "copy it again") from None
    if not decompressor.eof and len(found) <= MAXIMUM_SIZE:
        raise InputError(f"{safe_text(name)} is cut off", "copy it again")
    return found


def _te_of(text: str, name: str) -> _Te:
    """Put what people write into checkmodule's own language: a header, requirements, and no macros."""
    text = _COMMENT.sub("", text)
    requirements: List[str] = [match.group(1) for match in _GEN_REQUIRE.finditer(text)]
    text = _GEN_REQUIRE.sub("", text)
    header = _POLICY_MODULE.search(text)
    if header:
        text = text.replace(header.group(0), "", 1)
    calls = tuple(safe_text(f"{match.group(1)}({match.group(2).strip()})") for match in _CALL.finditer(text))
    text = _CALL.sub("", text)
    own = _HEADER.search(text)
    module = (
        own.group(1)
        if own
        else header.group(1)
        if header
        else _IDENTIFIER.sub("_", _stem(name)).strip("_") or "reviewed"
    )
    body = text.replace(own.group(0), "", 1) if own else text
    if not own or calls or requirements:
        body = f"{_requirements(body, requirements)}\n{body}"
    if not calls and not body.strip():
        raise InputError(f"{safe_text(name)} holds no rule", "give a .te, .cil or .pp file")
    return _Te(module, f"module {module} 1.0;\n{body}\n", calls)


def _requirements(body: str, given: Sequence[str]) -> str:
    """What the rules name and neither declare nor require: audit2allow prints rules without it."""
    declared = set(re.findall(r"\b(?:type|attribute)\s+([A-Za-z_][\w.]*)", body + " ".join(given)))
    types: Set[str] = set()
    classes: Dict[str, Set[str]] = {}
    for match in _TE_RULE.finditer(body):
        source, target, tclass, permissions = (_words(match.group(number)) for number in (1, 2, 3, 4))
        types |= (source | target) - {"self"} - declared
        for one in tclass:
            classes.setdefault(one, set()).update(permissions)
    lines = [f"type {one};" for one in sorted(types)]
    lines += [f"class {one} {{ {' '.join(sorted(names))} }};" for one, names in sorted(classes.items()) if names]
    lines += list(given)
    return "require {\n" + "\n".join(lines) + "\n}" if lines else ""


def _words(text: str) -> FrozenSet[str]:
    return frozenset(_WORD.findall(text))


def _te_to_cil(te: _Te, name: str) -> str:
    with tempfile.TemporaryDirectory(prefix="avcdoctor-") as folder:
        source, middle, packed = (Path(folder) / f"{te.name}.{ending}" for ending in ("te", "mod", "pp"))
        source.write_text(te.text)
        _tool([_program("checkmodule"), "-M", "-m", "-o", str(middle), str(source)], name)
        _tool([_program("semodule_package"), "-o", str(packed), "-m", str(middle)], name)
        return _pp_to_cil(packed.read_bytes(), name)


def _pp_to_cil(data: bytes, name: str) -> str:
    program = next((one for one in _CONVERTERS if Path(one).exists()), None)
    if program is None:
        raise BindingError(
            "the converter of compiled modules is not installed",
            install("pp"),
        )
    with tempfile.TemporaryDirectory(prefix="avcdoctor-") as folder:
        source, target = Path(folder) / "module.pp", Path(folder) / "module.cil"
        if data[:4] == _PP_MAGIC[1]:
            middle = Path(folder) / "module.mod"
            middle.write_bytes(data)
            _tool([_program("semodule_package"), "-o", str(source), "-m", str(middle)], name)
        else:
            source.write_bytes(data)
        _tool([program, str(source), str(target)], name)
        return target.read_text("utf-8", "surrogateescape")


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise BindingError(f"{name} is not installed", install(name))
    return found


def _tool(argv: List[str], name: str) -> None:
    """Run a compiler of the distribution on a file of our own making.

    Raises:
        InputError: it refuses the module, dies, or takes longer than a minute.
    """
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(f"{safe_text(name)}: {Path(argv[0]).name} did not end within {_SECONDS} seconds") from None
    if done.returncode != 0:
        lines = [safe_text(line) for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        told = "; ".join(lines[:_MOST_ERROR_LINES]) or f"it ended with {done.returncode}"
        raise InputError(
            f"{safe_text(name)} is no module that {Path(argv[0]).name} accepts: {told}",
            "mend the module, or take its CIL",
        )
