import pytest

from avcdoctor.render import FORMATS
from avcdoctor.render.markdown import code, code_block, prose
from tests.render import reports


@pytest.mark.parametrize("name", sorted(reports.ALL))
def test_markdown_of_each_report(name, snapshot):
    assert FORMATS["markdown"](reports.ALL[name]()) == snapshot


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, (in brackets).", "plain words, (in brackets)."),
        ("run /usr/bin/ping.", "run `/usr/bin/ping`."),
        ("type httpd_t", "type `httpd_t`"),
        ("*bold* _and_ <b>", "`*bold*` `_and_` `<b>`"),
        ("ask @team", "ask `@team`"),
        ("# heading", "`#` heading"),
        ("[x](http://evil)", "`[x](http://evil`)"),
        ("see https://example.org/a_b.", "see <https://example.org/a_b>."),
        ("a ``b`` c", "a ``` ``b`` ``` c"),
        ("---", "`---`"),
        ("use `cp -a`, or `mv`.", "use `cp -a`, or `mv`."),
        ("a ` lone one", "a `` ` `` lone one"),
        ("between `<b>` and <b>", "between `<b>` and `<b>`"),
        ("", ""),
    ],
)
def test_no_word_of_prose_is_markup(text, shown):
    assert prose(text) == shown


@pytest.mark.parametrize(("text", "shown"), [("a", "`a`"), ("`", "`` ` ``"), ("a``b", "```a``b```"), (" a", "`  a `")])
def test_a_code_span_holds_any_backticks(text, shown):
    assert code(text) == shown


def test_a_code_block_can_not_be_closed_from_within():
    assert code_block(["```", "# heading"]) == ["````", "```", "# heading", "````", ""]


def test_a_hostile_name_stands_only_in_code():
    for line in FORMATS["markdown"](reports.full()).splitlines():
        if "<script>" in line and not line.startswith("type="):
            outside = "".join(line.split("``")[::2])
            assert "<script>" not in outside


def test_many_are_a_table_and_a_folded_detail_each():
    shown = FORMATS["markdown"](reports.storm(30))
    assert len([line for line in shown.splitlines() if line.startswith(("| danger", "| blocked", "| logged"))]) == 30
    assert shown.count("<details><summary>") == shown.count("</details>") == 30
    assert "`avcdoctor fix --dry-run`" in shown
    assert "<details>" not in FORMATS["markdown"](reports.single())


def test_a_bar_in_a_name_does_not_end_its_cell():
    lines = FORMATS["markdown"](reports.full()).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") == 6 for line in table)
