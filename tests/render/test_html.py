import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from avcdoctor.render import FORMATS
from tests.render import reports

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Checker(HTMLParser):
    """Collects elements, identifiers and links, and checks that what is opened is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.identifiers, self.links, self.attributes = [], [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += attributes
        self.identifiers += [value for name, value in attributes if name == "id"]
        self.links += [value for name, value in attributes if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(page):
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    return checker


@pytest.mark.parametrize("name", sorted(reports.ALL))
def test_html_of_each_report(name, snapshot):
    page = FORMATS["html"](reports.ALL[name]())
    parsed(page)
    assert page == snapshot


def test_nothing_is_fetched_and_nothing_runs():
    checker = parsed(FORMATS["html"](reports.full()))
    assert not {"script", "img", "iframe", "link", "form", "object"} & set(checker.seen)
    assert not [name for name, _ in checker.attributes if name.startswith("on") or name == "style"]
    assert {link[0] for link in checker.links} == {"#"}
    assert {link[1:] for link in checker.links} <= set(checker.identifiers)
    assert "url(" not in FORMATS["html"](reports.full())


def test_hostile_names_are_escaped():
    page = FORMATS["html"](reports.full())
    assert "<script" not in page
    assert "[/home/x]&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "web&lt;1&gt;" in page


def test_commands_are_whole():
    page = FORMATS["html"](reports.single())
    commands = re.findall(r'<pre class="command" tabindex="0">(.*?)</pre>', page, re.DOTALL)
    assert "restorecon -v /etc/keepalived/check.sh" in commands


def test_a_command_in_a_sentence_is_code_and_still_escaped():
    incident = reports.script_incident()
    finding = replace(incident.finding, why="run `cat <x>` or <b>`")
    page = FORMATS["html"](replace(reports.single(), incidents=(replace(incident, finding=finding),)))
    assert "run `cat &lt;x&gt;` or &lt;b&gt;`" in page  # backticks that don't pair are left as they are
    finding = replace(incident.finding, why="run `cat <x>` or <b>")
    page = FORMATS["html"](replace(reports.single(), incidents=(replace(incident, finding=finding),)))
    assert '<p class="why">run <code>cat &lt;x&gt;</code> or &lt;b&gt;</p>' in page
