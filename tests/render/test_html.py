import base64
import hashlib
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from avcdoctor.render import FORMATS, How
from avcdoctor.render.html import render
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


def test_nothing_is_fetched_and_nothing_runs_but_our_own_script():
    checker = parsed(FORMATS["html"](reports.full()))
    assert checker.seen.count("script") == 1
    assert not {"img", "iframe", "link", "object"} & set(checker.seen)
    assert not [name for name, _ in checker.attributes if name.startswith("on") or name == "style"]
    assert {link[0] for link in checker.links} == {"#"}
    assert {link[1:] for link in checker.links} <= set(checker.identifiers)
    assert "url(" not in FORMATS["html"](reports.full())


def test_hostile_names_are_escaped():
    page = FORMATS["html"](reports.full())
    assert page.count("<script") == 1
    assert "[/home/x]&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "web&lt;1&gt;" in page


def digest(element, page):
    """What the browser finds of a style or script, as the page's policy has to name it."""
    (text,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_commands_are_whole():
    page = FORMATS["html"](reports.single())
    policy = unescape(page)
    assert f"style-src '{digest('style', page)}'; script-src '{digest('script', page)}'" in policy
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


def test_the_head_says_where_when_and_by_what():
    page = render(reports.single(), How(host="web01.example.com", made=reports.MOMENT, version="0.2.0"))
    for words in ("web01.example.com", "2025-08-12 09:04", "avcdoctor 0.2.0", "audit.log", "reference policy"):
        assert words in page


def test_the_overview_names_everything_in_the_order_of_danger():
    page = render(reports.full(), How())
    rows = re.findall(r'<tr data-id="([^"]*)">(.*?)</tr>', page, re.DOTALL)
    assert [identifier for identifier, _ in rows] == ["no5bad", "k3f9a1", "h05711", "ba4e00"]
    for words in ("keepalived_t", "/usr/bin/ping", "KEEPALIVED001", ">198<", "2025-08-12 14:04"):
        assert words in rows[1][1]


def test_a_thousand_incidents_stay_small():
    page = render(reports.storm(1000), How())
    assert len(page.encode()) < 5_000_000
    assert page.count('<details class="incident"') == 1000
