"""A baseline is an earlier JSON report; anything else is refused."""

from dataclasses import replace

import pytest

from avcdoctor.errors import InputError
from avcdoctor.gate import baseline
from avcdoctor.render.json import json
from tests.render import reports


def test_what_an_earlier_report_has_is_known(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(json(reports.single()))
    new, known = baseline.split(reports.full().incidents, baseline.load(path))
    assert [one.id for one in known] == ["k3f9a1"]
    assert [one.id for one in new] == ["no5bad", "h05711", "ba4e00"]


def test_a_known_incident_on_more_hosts(tmp_path):
    def on(hosts):
        [incident] = reports.single().incidents
        groups = tuple(replace(group, host_set=hosts) for group in incident.finding.groups)
        return replace(incident, finding=replace(incident.finding, groups=groups))

    path, names = tmp_path / "old.json", ("web1", "web2", "web3")
    summary = replace(reports.single().input, hosts=names)
    path.write_text(json(replace(reports.single(), incidents=(on(0b011),), input=summary)))
    [one] = baseline.spread([on(0b110)], baseline.load(path), names)
    assert (one.incident, one.hosts) == ("k3f9a1", ("web3",))
    assert baseline.spread([on(0b010)], baseline.load(path), names) == ()
    path.write_text(json(reports.single()))  # names no host
    assert baseline.spread([on(0b110)], baseline.load(path), names) == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 2, "incidents": []}', "{" * 9999, '{"schema_ver'])
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(InputError, match="is no JSON report"):
        baseline.load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        baseline.load(tmp_path / "none")
