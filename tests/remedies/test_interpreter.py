"""A module that lets a domain run a script promises nothing when the script's interpreter is refused next."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed


@pytest.mark.parametrize(("name", "after"), [("collect.sh", "unknown"), ("collect", "allowed")])
def test_the_interpreter_counts(log_alone: Host, name: str, after: str) -> None:
    log = denied("named_t", "bin_t", "file", "execute", comm="named", path=f"/usr/local/bin/{name}")
    module = next(one for one in diagnosed(log, log_alone).remedies if one.kind == "module")
    assert module.simulation.after == after
    policy = log_alone.policy
    assert policy is not None
    assert "execute" not in policy.allowed("named_t", "shell_exec_t", "file")
