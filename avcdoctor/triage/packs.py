"""Finds and loads the message rules that come with avcdoctor, and those that administrators add."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Sequence, Tuple

from avcdoctor.knowledge import Knowledge, load
from avcdoctor.knowledge.messages import MessageRule, Messages, load_messages
from avcdoctor.resources import policies_dir

LOCAL = Path("/etc/avcdoctor/rules.d")


@lru_cache(maxsize=1)
def facts() -> Knowledge:
    """The rule packs about denials, for what the policy would refuse."""
    return load((policies_dir() / "rules", LOCAL))


@lru_cache(maxsize=8)
def all_messages(more: Tuple[Path, ...] = ()) -> Messages:
    """Every message rule, with the errors of those that could not be loaded.

    Args:
        more: further rule directories; their message rules lie in `messages/`.
    """
    return load_messages((policies_dir() / "rules", LOCAL, *more))


def rules_with(more: Sequence[Path] = ()) -> Tuple[MessageRule, ...]:
    """The rules that could be loaded."""
    return all_messages(tuple(more)).rules


def broken(more: Sequence[Path] = ()) -> Tuple[str, ...]:
    """A sentence for each error in a rule file; the rules it concerns were left out."""
    return tuple(f"a message rule was left out: {problem}" for problem in all_messages(tuple(more)).errors)
