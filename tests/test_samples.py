"""Each sample's `expected.txt` is what avcdoctor says today; UPDATE_SAMPLES=1 writes them anew."""

import json
import os
import time
from pathlib import Path

import jsonschema
import pytest

from avcdoctor import render
from avcdoctor.cli import main as command

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
STORIES = sorted(path.parent.name for path in SAMPLES.glob("*/expected.txt"))


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch):
    """The same answer everywhere: 100 columns, no colour, times in UTC."""
    monkeypatch.chdir(SAMPLES.parent)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.bindings
@pytest.mark.parametrize("story", STORIES)
def test_a_sample_is_explained_as_expected(story, capsys):
    pytest.importorskip("setools")
    log = f"samples/{story}/audit.log"
    assert command.main(["explain", "--policy", "reference", "--no-color", log]) == 1
    shown = capsys.readouterr().out
    expected = SAMPLES / story / "expected.txt"
    if os.environ.get("UPDATE_SAMPLES"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")


@pytest.mark.bindings
@pytest.mark.parametrize("story", STORIES)
def test_the_json_of_a_sample_follows_the_schema(story, capsys):
    pytest.importorskip("setools")
    assert (
        command.main(["explain", "-q", "--policy", "reference", "--format", "json", f"samples/{story}/audit.log"]) == 1
    )
    schema = json.loads((Path(render.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(capsys.readouterr().out), schema)


def test_the_table_of_samples_names_each_folder():
    table = (SAMPLES / "README.md").read_text(encoding="utf-8")
    folders = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
    assert [name for name in folders if f"[{name}]({name}/)" not in table] == []
    assert [name for name in folders if not (SAMPLES / name / "README.md").is_file()] == []
