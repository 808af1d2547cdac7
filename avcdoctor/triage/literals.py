"""Finds words that a text must hold for a regular expression to match, so that most texts need not be tried."""

from __future__ import annotations

import re
import sys
from copy import copy
from importlib import import_module
from typing import Any, Dict, FrozenSet, Generic, Iterable, List, Optional, Sequence, Set, Tuple, TypeVar

_parser = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_SHORTEST = 2  # one character stands in nearly every line
_MOST = 40  # words of one expression
_FEW = 100
_BLOCK = 500  # texts that are searched together
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")

Words = FrozenSet[str]
"""Words of which one has to be there, in lower case and ASCII; none at all where nothing is known."""

_UNKNOWN: Words = frozenset()
_T = TypeVar("_T")


class Worded:
    """An expression that is tried only where a text holds a word that it can't match without."""

    def __init__(self, expression: str, flags: int = 0) -> None:
        self._pattern = re.compile(expression, flags)
        self._words = tuple(words_of(self._pattern))

    def search(self, text: str) -> Optional[re.Match[str]]:
        """As the expression's own search."""
        if self._words and text.isascii():
            lower = text.lower()
            for word in self._words:
                if word in lower:
                    break
            else:
                return None
        return self._pattern.search(text)


class Sieve(Generic[_T]):
    """Holds back what can't match a text, by the words that it can't match without.

    Args:
        entries: things in order, each with the patterns one of which a text has to match; those without any pattern
            are never held back.
    """

    def __init__(self, entries: Sequence[Tuple[_T, Sequence[re.Pattern[str]]]]) -> None:
        self._things = [thing for thing, _patterns in entries]
        self._always = 0  # a bit for each thing
        self._by_word: Dict[str, int] = {}
        for place, (_thing, patterns) in enumerate(entries):
            words = words_of_any(patterns)
            self._always |= 0 if words else 1 << place
            for word in words:
                self._by_word[word] = self._by_word.get(word, 0) | 1 << place

    def among(self, texts: Sequence[str]) -> Sieve[_T]:
        """The same for these texts alone: words that none of them holds are looked for no more."""
        narrow = copy(self)
        kept = occurring(self._by_word, texts)
        narrow._by_word = {word: bits for word, bits in self._by_word.items() if word in kept}
        return narrow

    def through(self, text: str) -> List[_T]:
        """What may match a text, in order."""
        if not text.isascii():
            return self._things
        lower, bits = text.lower(), self._always
        for word, those in self._by_word.items():
            if word in lower:
                bits |= those
        found = []
        while bits:
            last = bits & -bits
            found.append(self._things[last.bit_length() - 1])
            bits ^= last
        return found


def sieve(entries: Sequence[Tuple[_T, Sequence[re.Pattern[str]]]], texts: Sequence[str]) -> Sieve[_T]:
    """A sieve for some texts; for a few one that lets everything through, since finding the words takes longer."""
    if len(texts) < _FEW:
        return Sieve([(thing, ()) for thing, _patterns in entries])
    return Sieve(entries).among(texts)


def occurring(words: Iterable[str], texts: Sequence[str]) -> Set[str]:
    """Those of some words in lower case that any text holds, whatever the case of its letters."""
    left, found = set(words), set()
    for start in range(0, len(texts), _BLOCK):
        block = "\n".join(texts[start : start + _BLOCK]).lower()
        found |= {word for word in left if word in block}
        left -= found
    return found


def words_of(pattern: re.Pattern[str]) -> Words:
    """Words of which a text holds at least one wherever a pattern matches it.

    They are to be looked for in the text's lower case, and only in a text of ASCII: in another one, letters such as the
    Kelvin sign match ASCII's where case is ignored.

    Args:
        pattern: any compiled expression.
    """
    return _best(_parser.parse(pattern.pattern, pattern.flags))


def words_of_any(patterns: Sequence[re.Pattern[str]]) -> Words:
    """The same for a text that one of several patterns has to match."""
    return _together([words_of(pattern) for pattern in patterns])


def _together(each: Sequence[Words]) -> Words:
    if not each or not all(each):
        return _UNKNOWN
    found: Words = frozenset().union(*each)
    # Where a word is there, so is every part of it.
    fewest = frozenset(word for word in found if not any(other != word and other in word for other in found))
    return fewest if len(fewest) <= _MOST else _UNKNOWN


def _best(items: Any) -> Words:
    """Of the parts of a sequence, all of which have to match, the one whose words are the longest and fewest."""
    found: List[Words] = []
    run = ""
    for operation, argument in items:
        letter = _letter(str(operation), argument)
        if letter:
            run += letter
        elif str(operation) != "AT":  # a place between two letters parts nothing
            found.append(_UNKNOWN if len(run) < _SHORTEST else frozenset((run,)))
            found.append(_inside(str(operation), argument))
            run = ""
    found.append(_UNKNOWN if len(run) < _SHORTEST else frozenset((run,)))
    return max(found, key=_worth)


def _worth(words: Words) -> Tuple[int, int]:
    return min(map(len, words), default=0), -len(words)


def _letter(operation: str, argument: Any) -> str:
    """The one ASCII character, in lower case, that an item stands for; a set of one letter's cases is one as well."""
    if operation == "LITERAL":
        return chr(argument).lower() if argument < 128 else ""
    if operation == "IN" and all(str(name) == "LITERAL" and code < 128 for name, code in argument):
        letters = {chr(code).lower() for _, code in argument}
        return letters.pop() if len(letters) == 1 else ""
    return ""


def _inside(operation: str, argument: Any) -> Words:
    """The words of a group, of alternatives, or of what is repeated at least once."""
    if operation == "SUBPATTERN":
        return _best(argument[-1])
    if operation == "ATOMIC_GROUP":
        return _best(argument)
    if operation == "BRANCH":
        return _together([_best(branch) for branch in argument[1]])
    if operation in _REPEATS and argument[0] > 0:
        return _best(argument[2])
    return _UNKNOWN
