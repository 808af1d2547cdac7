"""Filters: one of each kind has to match, and all of a group's kinds by the same group."""

from dataclasses import replace

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


def test_a_host_of_few_denials_is_found_too():
    report = reports.storm(20)
    group = replace(report.incidents[1].finding.groups[0], host_set=0b10001)  # the last host is not among those kept
    incident = replace(report.incidents[1], finding=replace(report.incidents[1].finding, groups=(group,)))
    report = replace(report, incidents=(incident,))
    assert selected(report, Filters(node=("web04*",))).incidents == (incident,)
    assert selected(report, Filters(node=("web03*",))).incidents == ()
