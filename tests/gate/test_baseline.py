"""A baseline is an earlier JSON report; anything else is refused."""

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


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 2, "incidents": []}', "{" * 9999, '{"schema_ver'])
def test_what_is_no_report_is_refused(tmp_path, text):
    path = tmp_path / "old.json"
    path.write_text(text)
    with pytest.raises(InputError, match="is no JSON report"):
        baseline.load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        baseline.load(tmp_path / "none")
