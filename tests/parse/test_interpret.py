"""Names for numbers, with auparse and without it."""

from __future__ import annotations

from typing import Iterator

import pytest

from avcdoctor.parse import interpret


@pytest.fixture(params=[True, False], ids=["auparse", "own tables"])
def _either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    interpret._ask.cache_clear()
    if request.param:
        pytest.importorskip("auparse")
    else:
        monkeypatch.setattr(interpret, "_auparse", lambda: None)
    yield
    interpret._ask.cache_clear()


@pytest.mark.usefixtures("_either")
@pytest.mark.parametrize(
    ("arch", "number", "name"),
    [
        ("c000003e", "59", "execve"),
        ("c000003e", "257", "openat"),
        ("c00000b7", "56", "openat"),
        ("x86_64", "openat", "openat"),
        ("c000003e", "99999", "99999"),
        ("junk", "59", "59"),
        ("", "59", "59"),
        ("c000003e; rm", "59", "59"),
    ],
)
def test_system_calls(arch: str, number: str, name: str) -> None:
    found = interpret.syscall_name(arch, number)
    assert found == name or (number == "99999" and "99999" in found)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("-13", "EACCES"),
        ("-1", "EPERM"),
        ("EACCES(Permission denied)", "EACCES"),
        ("0", "0"),
        ("140315529633792", "140315529633792"),
        ("", ""),
        ("-99999", "99999"),
    ],
)
def test_results(value: str, name: str) -> None:
    assert interpret.exit_name(value) == name


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("020000500A000001" + "00" * 8, "inet 10.0.0.1 port 80"),
        ("0A0001BB00000000" + "00" * 15 + "01" + "00" * 4, "inet6 ::1 port 443"),
        ("01002F72756E2F78" + "00" * 4, "unix /run/x"),
        ("010000616263", "unix @abc"),
        ("1000", "netlink"),
        ("{ saddr_fam=inet }", "{ saddr_fam=inet }"),
        ("zz", ""),
        ("", ""),
    ],
)
def test_socket_addresses(value: str, words: str) -> None:
    assert interpret.socket_address(value) == words
