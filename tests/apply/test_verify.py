"""After a fix the policy is asked with whole contexts, as the objects are labelled by then."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from avcdoctor.apply.verify import Observation, ask_again
from avcdoctor.host import Host, open_host
from avcdoctor.model import Context
from avcdoctor.plan.expected import Expected

HTTPD = Context("system_u", "system_r", "httpd_t", "s0")


def expected(
    target: str, *permissions: str, level: str = "s0", ioctl: Optional[int] = None, path: str = ""
) -> Expected:
    contexts = ((HTTPD, Context("system_u", "object_r", target, level)),)
    numbers = () if ioctl is None else (ioctl,)
    return Expected("httpd_t", target, "file", permissions, path=path, contexts=contexts, ioctls=numbers)


@pytest.fixture
def host(tiny_path: Path) -> Host:
    return open_host(str(tiny_path))


def asked(one: Expected, host: Host) -> Observation:
    (found,) = ask_again((one,), host)
    return found


@pytest.mark.parametrize(
    ("one", "holds", "detail"),
    [
        (expected("content_t", "open", "read"), True, "allowed"),
        (expected("content_t", "open", "read", level="s0:c1"), False, "h1 dom h2 (failed)"),
        (expected("content_t", "read", "write"), False, "still denied: write"),
        (expected("device_t", "ioctl", ioctl=0x5401), True, "allowed"),
        (expected("device_t", "ioctl", ioctl=0x9999), False, "ioctl 0x9999"),
        (expected("nowhere_t", "read"), None, "does not know nowhere_t"),
    ],
)
def test_what_still_refuses_is_named(one: Expected, holds: Optional[bool], detail: str, host: Host) -> None:
    found = asked(one, host)
    assert (found.holds, detail in found.detail) == (holds, True), found


def test_the_label_on_disk_counts_and_not_the_one_that_was_planned(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    one = expected("content_t", "read", path="/srv/www/index.html")
    assert asked(one, host).holds is True
    left = Context("system_u", "object_r", "content_t", "s0:c1")
    monkeypatch.setattr(host.files, "label", lambda _path: left)
    assert asked(one, host).holds is False
    monkeypatch.setattr(host.files, "label", lambda _path: left._replace(type="home_t", level="s0"))
    assert asked(one, host).what == "httpd_t home_t:file { read }"


def test_a_program_is_asked_for_in_the_domain_that_it_gets(host: Host) -> None:
    script = Context("system_u", "system_r", "httpd_t", "s0")
    contexts = ((script, Context("system_u", "object_r", "home_t", "s0")),)
    runs = Expected("httpd_t", "home_t", "file", ("getattr",), via="script_exec_t", contexts=contexts)
    assert asked(runs, host) == Observation("script_t home_t:file { getattr }", True, "allowed")
    assert asked(Expected("httpd_t", "home_t", "file", ("getattr",), via="gone_exec_t"), host).holds is None
