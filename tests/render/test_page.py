from avcdoctor.render.page import Page


def shown(page):
    return page.text().splitlines()


def test_pieces_are_broken_only_where_they_are_wider_than_a_line():
    page = Page(40, color=False)
    page.flow(["one piece of twenty-four", "", "another piece of twenty-eight", "x" * 50, "y"], indent=2, hang=6)
    assert shown(page) == [
        "  one piece of twenty-four",
        "      another piece of twenty-eight",
        "      " + "x" * 34,
        "      " + "x" * 16 + "   y",
    ]


def test_pieces_share_a_line_as_long_as_they_fit():
    page = Page(40, color=False)
    page.flow(["a" * 20, "b" * 15, "c"], indent=2, hang=2)
    assert shown(page) == ["  " + "a" * 20 + "   " + "b" * 15, "  c"]


def test_a_label_stands_once():
    page = Page(40, color=False)
    page.labelled("why", "one two three four five six seven eight nine", "ten")
    assert shown(page) == ["  why    one two three four five six", "         seven eight nine", "         ten"]


def test_no_empty_line_at_the_top_and_never_two():
    page = Page(40, color=False)
    page.blank()
    page.line("a")
    page.blank()
    page.blank()
    page.line("b")
    assert page.text() == "a\n\nb\n"


def test_an_escape_is_shown_and_not_sent_even_with_color():
    page = Page(40, color=True)
    page.line(("\x1b[2J", "red"))
    assert page.text() == "\x1b[31m\\x1b[2J\x1b[0m\n"


def test_an_empty_page_is_empty():
    assert Page(40, color=False).text() == ""
