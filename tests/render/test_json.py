import json
import os
from pathlib import Path

import jsonschema
import pytest

import avcdoctor.render
from avcdoctor import model
from avcdoctor.render import FORMATS
from tests.render import reports

SCHEMA = json.loads((Path(avcdoctor.render.__file__).parent / "report.schema.json").read_text())


@pytest.mark.parametrize("name", sorted(reports.ALL))
def test_json_of_each_report(name, snapshot):
    shown = FORMATS["json"](reports.ALL[name]())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(shown), SCHEMA)
    assert shown == snapshot


def test_the_schema_knows_the_same_words_as_the_model():
    definitions = SCHEMA["$defs"]
    assert definitions["remedy"]["properties"]["kind"]["enum"] == list(model.REMEDY_KINDS)
    assert definitions["remedy"]["properties"]["applicability"]["enum"] == list(model.APPLICABILITIES)


def test_the_schema_refuses_a_raw_escape():
    document = json.loads(FORMATS["json"](reports.single()))
    document["incidents"][0]["title"] = "\x1b[31m"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_argv_gives_back_the_bytes_of_a_name():
    document = json.loads(FORMATS["json"](reports.full()))
    (hostile,) = [incident for incident in document["incidents"] if incident["id"] == "h05711"]
    assert os.fsencode(hostile["remedies"][0]["actions"][0]["argv"][3]) == b"/srv/$(reboot)/a b'c\n\x1b[31mred\xff"


def test_permissive_is_true_only_when_every_denial_was_only_logged():
    document = json.loads(FORMATS["json"](reports.full()))
    by_id = {incident["id"]: incident["groups"][0] for incident in document["incidents"]}
    assert by_id["ba4e00"]["permissive"] is True
    assert by_id["h05711"]["permissive"] is False
    assert by_id["h05711"]["permissive_count"] == 1


def test_what_fix_does_and_when_it_was_denied():
    document = json.loads(FORMATS["json"](reports.storm(5)))
    first = document["incidents"][1]
    assert first["rank"] == "blocked"
    assert first["fix"] == {"remedy": 0, "why": "", "next": ""}
    assert first["groups"][0]["times"]["seconds"] == 100
    assert first["groups"][0]["times"]["counts"]["2025-08-12T09:04:02.101Z"] == 1
    assert document["known"]["ignored"] == 0
    refused = json.loads(FORMATS["json"](reports.full()))["incidents"][0]
    assert refused["fix"] == {"remedy": None, "why": "it should stay denied", "next": ""}
