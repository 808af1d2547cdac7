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
