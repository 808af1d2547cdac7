"""Policies are put into guests: file contexts as CIL, and the modules a trimmed policy keeps."""

from __future__ import annotations

import pytest

from lab import policy
from lab.paths import PROJECT, LabError


def test_file_contexts_become_cil() -> None:
    lines = ["# comment", "/srv/a(/.*)?\tsystem_u:object_r:var_t:s0", "/run\t-d\tsystem_u:object_r:var_run_t:s0"]
    text = "\n".join([*lines, "/tmp/.*\t<<none>>"])
    assert policy.file_contexts_as_cil(text).splitlines()[1:] == [
        '(filecon "/srv/a(/.*)?" any (system_u object_r var_t (systemlow systemlow)))',
        '(filecon "/run" dir (system_u object_r var_run_t (systemlow systemlow)))',
        '(filecon "/tmp/.*" any ())',
    ]


def test_the_reference_policy_s_labels_can_all_be_turned() -> None:
    text = (PROJECT / "policies" / "reference" / "file_contexts").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert policy.file_contexts_as_cil(text).count("(filecon ") == len(lines)


def test_a_line_that_is_none_is_refused() -> None:
    with pytest.raises(LabError, match="not a line"):
        policy.file_contexts_as_cil("/srv system_u:object_r\n")


def test_a_module_needs_those_that_declare_its_names() -> None:
    optional = "(optional web_one\n(allow web_t extra_t (file (read)))\n)\n"
    modules = {
        "base": policy.names("(type base_t)\n"),
        "mta": policy.names("(type mta_t)\n(allow mta_t base_t (file (read)))\n"),
        "web": policy.names(f"(type web_t)\n{optional}(allow web_t mta_t (process (signal)))\n"),
        "extra": policy.names("(type extra_t)\n"),
    }
    assert policy.closure(modules, ["web", "not there"]) == {"web", "mta", "base"}
