"""What the documentation shows is true: its example passes the checker, its links lead somewhere."""

import re
import textwrap
from pathlib import Path

import pytest

from avcdoctor.cli.main import VERBS
from avcdoctor.knowledge.lint import check_file
from avcdoctor.knowledge.schema import MATCH_FIELDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/**/*.md")])


def example_rule():
    text = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return textwrap.dedent(block)


def test_the_example_rule_has_no_errors(tmp_path):
    (tmp_path / "example.yaml").write_text(example_rule(), encoding="utf-8")
    assert check_file(tmp_path / "example.yaml", lambda type_, attribute: None) == []


def test_every_field_of_a_condition_is_explained():
    text = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
    assert [name for name in MATCH_FIELDS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_only_verbs_that_exist_are_named(page):
    named = set(re.findall(r"\bavcdoctor ([a-z]{3,})\b", "\n".join(commands(page))))
    assert named - set(VERBS) == set()


def commands(page):
    """The indented lines of a page that call avcdoctor."""
    lines = page.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("    ") and "avcdoctor " in line]
