"""Finds and loads the message rules that come with avcdoctor, and those a machine's administrator added."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Tuple

from avcdoctor.knowledge.messages import MessageRule, Messages, load_messages
from avcdoctor.resources import policies_dir

LOCAL = Path("/etc/avcdoctor/rules.d")


@lru_cache(maxsize=1)
def all_messages() -> Messages:
    """Every message rule, with the errors of those that could not be loaded."""
    return load_messages((policies_dir() / "rules", LOCAL))


def shipped_rules() -> Tuple[MessageRule, ...]:
    """The rules that could be loaded."""
    return all_messages().rules
