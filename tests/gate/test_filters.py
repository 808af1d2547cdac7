"""Filters: one of each kind has to match, and all of a group's kinds by the same group."""

import pytest

from avcdoctor.gate.filters import Filters, selected
from tests.render import reports


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, ["no5bad", "k3f9a1", "h05711", "ba4e00"]),
        ({"source": ("httpd_t",)}, ["no5bad", "h05711"]),
        ({"source": ("httpd_*", "foo_t")}, ["no5bad", "h05711", "ba4e00"]),
        ({"source": ("http_t",)}, []),
        ({"target": ("shadow_t",)}, ["no5bad"]),
        ({"tclass": ("dir",)}, ["h05711"]),
        ({"process": ("check.sh",)}, ["k3f9a1"]),
        ({"path": ("/usr/*/ping",)}, ["k3f9a1"]),
        ({"node": ("web*",)}, ["h05711"]),
        ({"cause": ("wrong-*",)}, ["k3f9a1", "h05711"]),
        ({"rule": ("KEEPALIVED001",)}, ["k3f9a1"]),
        ({"remedy_kind": ("restorecon",)}, ["h05711"]),
        ({"remedy_kind": ("module",)}, []),
        ({"incident": ("k3", "ba4e00")}, ["k3f9a1", "ba4e00"]),
        ({"incident": ("KEEPALIVED001",)}, ["k3f9a1"]),
        ({"source": ("httpd_t",), "tclass": ("file",)}, ["no5bad"]),
        ({"target": ("mount_exec_t",), "process": ("check.sh",)}, []),
    ],
)
def test_what_is_selected(filters, ids):
    report = selected(reports.full(), Filters(**filters))
    assert [incident.id for incident in report.incidents] == ids
    assert {identifier for identifier, _ in report.cover} <= set(ids)


def test_filters_that_are_empty_are_none():
    assert not Filters()
    assert Filters(node=("a",))
