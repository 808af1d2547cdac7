"""What is asked of libselinux and libsemanage goes by names that the distribution's bindings really have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avcdoctor.host import records


@pytest.mark.bindings
def test_a_boolean_nobody_has() -> None:
    """Without SELinux, or without such a boolean, there is no value; the call itself must work."""
    selinux = pytest.importorskip("selinux")
    assert hasattr(selinux, "security_get_boolean_active")
    assert records.active("avcdoctor_has_no_such_boolean") is None


@pytest.mark.bindings
def test_every_libsemanage_function_that_is_called_exists() -> None:
    semanage = pytest.importorskip("semanage")
    folder = Path(records.__file__).parent
    named = {
        name
        for path in folder.glob("*.py")
        for name in re.findall(r"\bsemanage_[a-z_]+(?=\()", path.read_text(encoding="utf-8"))
    }
    assert named, "the store is written through libsemanage"
    assert not {name for name in named if not hasattr(semanage, name)}
