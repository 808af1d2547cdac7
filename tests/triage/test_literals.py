"""No word hides a match: whatever an expression, a rule or a layer recognises holds one of the words it is held to."""

from __future__ import annotations

import re
from typing import List, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avcdoctor.triage import errnos, observe
from avcdoctor.triage.layers import selinux
from avcdoctor.triage.layers.base import Layer
from avcdoctor.triage.lines import read_lines
from avcdoctor.triage.literals import Sieve, Worded, occurring, words_of
from avcdoctor.triage.messages import Matcher
from avcdoctor.triage.packs import rules_with
from avcdoctor.triage.unwrapped import unwrapped
from tests.triage.variations import VARIATIONS

RULES = rules_with()
EXAMPLES = [example.log for rule in RULES for example in rule.examples] + [log for _, _, log in VARIATIONS]
LINES = list({line.text: line for log in EXAMPLES for line in read_lines(unwrapped(log.encode()))}.values())
PATTERNS = sorted(
    {pattern for rule in RULES for condition in rule.when for pattern in condition.message}
    | {pattern for layer in observe.LAYER_BY_NAME.values() for pattern in layer.signs},
    key=lambda pattern: pattern.pattern,
)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def holds(pattern: re.Pattern[str], text: str) -> bool:
    words = words_of(pattern)
    return not words or not text.isascii() or any(word in text.lower() for word in words)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("[Pp]ermission denied", ["permission denied"]),
        (r"cannot open (?P<path>/\S+): no", ["cannot open "]),
        ("(?:foo|foobar) at", ["foo"]),
        (r"status=2(?:03|26)/", ["status=2"]),
        ("colou?r", ["colo"]),
        ("cannot.open", ["cannot"]),
        (r"\bab\b", ["ab"]),
        ("(?:abc)+", ["abc"]),
        ("(?:abc)*def", ["def"]),
        ("one|two|three", ["one", "three", "two"]),
        ("one|", []),
        ("[ab]c?", []),
        ("(?!never)x", []),
        ("a{3}", []),
        ("Ünknown", ["nknown"]),
    ],
)
def test_words(expression: str, words: List[str]) -> None:
    assert sorted(words_of(re.compile(expression))) == words


WORD = st.text("abAB", min_size=1, max_size=3)
PLAIN = st.one_of(WORD, WORD, st.sampled_from([*".ks", r"\w", "[ab]", "[Aa]", r"\b", "[^a]", "\u017f"]))
PARTS = st.lists(PLAIN, min_size=1, max_size=3).map("".join)
GROUP = st.one_of(
    st.tuples(PARTS.map("(?:{})".format), st.sampled_from(["?", "*", "+", "*?", "+?", "{2}", "{0,2}"])).map("".join),
    st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
    PARTS.map("(?={0}){0}".format),
    PARTS.map("(?i:{})".format),
)
EXPRESSIONS = st.lists(st.one_of(PLAIN, GROUP), min_size=1, max_size=4).map("".join)
"""Of every construction that rules use."""


@MANY
@given(st.data())
def test_whatever_an_expression_matches_holds_a_word(data: st.DataObject) -> None:
    pattern = re.compile(data.draw(EXPRESSIONS), data.draw(st.sampled_from([0, re.IGNORECASE])))
    assert holds(pattern, data.draw(st.from_regex(pattern, fullmatch=True)))


@MANY
@given(st.sampled_from(PATTERNS).flatmap(lambda pattern: st.tuples(st.just(pattern), st.from_regex(pattern))))
def test_whatever_a_shipped_expression_matches_holds_a_word(case: tuple[re.Pattern[str], str]) -> None:
    assert holds(*case)


def test_most_shipped_rules_have_words() -> None:
    assert sum(bool(words_of(pattern)) for pattern in PATTERNS) > 0.95 * len(PATTERNS)


def test_the_sieve_lets_through_every_rule_that_matches() -> None:
    sieve = Sieve([(rule, [one for condition in rule.when for one in condition.message]) for rule in RULES])
    narrow = sieve.among([line.message for line in LINES])
    for line in LINES:
        right = [
            rule
            for rule in RULES
            if any(one.search(line.message) for condition in rule.when for one in condition.message)
        ]
        for some in (sieve.through(line.message), narrow.through(line.message)):
            assert [rule for rule in some if rule in right] == right


def test_rules_are_found_as_without_a_sieve(monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> List[str]:
        matcher = Matcher(RULES, LINES)
        return [str(matcher.observations(line, errnos.find_errno(line.message))) for line in LINES]

    with_sieve = found()
    monkeypatch.setattr(Sieve, "through", lambda self, text: self._things)
    assert found() == with_sieve


@pytest.mark.parametrize("layer", observe.LAYER_BY_NAME.values(), ids=lambda layer: layer.name)
def test_a_line_without_an_error_number_has_one_of_its_layer_s_signs(layer: Layer) -> None:
    for line in LINES:
        if layer.recognise(line, None) is not None:
            sieve = Sieve([(layer, layer.signs)]) if layer.signs else Sieve([])
            assert sieve.through(line.text), line.text


@pytest.mark.parametrize("one", [errnos._NAME, errnos._NUMBER, errnos._LOGIN, observe._RECORD, selinux._RESULT])
def test_a_worded_expression_finds_what_it_finds_alone(one: Worded) -> None:
    assert one._words
    for line in LINES:
        assert bool(one.search(line.text)) == bool(one._pattern.search(line.text))


@given(
    st.lists(st.text("abcK\u212a\u017f", max_size=5), max_size=9), st.sets(st.sampled_from(["ab", "abc", "ck", "zz"]))
)
def test_words_that_occur(texts: Sequence[str], words: set[str]) -> None:
    assert occurring(words, texts) >= {word for word in words for text in texts if word in text.lower()}


def test_letters_that_match_ascii_s_are_not_held_back() -> None:
    sieve = Sieve([("kelvin", [re.compile("kelvin", re.I)])])
    assert sieve.through("\u212aelvin") == ["kelvin"]
    assert sieve.through("celsius") == []
    assert Sieve([("self", [re.compile("self", re.I)])]).through("\u017felf") == ["self"]
