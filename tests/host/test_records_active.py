"""The running kernel's value of a boolean is asked for by a function that libselinux really has."""

from __future__ import annotations

import pytest

from avcdoctor.host import records


@pytest.mark.bindings
def test_a_boolean_nobody_has() -> None:
    """Without SELinux, or without such a boolean, there is no value; the call itself must work."""
    selinux = pytest.importorskip("selinux")
    assert hasattr(selinux, "security_get_boolean_active")
    assert records.active("avcdoctor_has_no_such_boolean") is None
