"""Shows message rules: the part of `avcdoctor rules` that is about what programs say in their logs."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional

from avcdoctor.render.page import Page

if TYPE_CHECKING:
    from avcdoctor.knowledge.messages import Condition, MessageRule, Messages


def load(directories: List[Path]) -> "Messages":
    """Every message rule, those of further directories included."""
    from avcdoctor.triage.packs import all_messages  # noqa: PLC0415 - the help must not wait for YAML

    return all_messages(tuple(directories))


def list_on(page: Page, messages: "Messages") -> None:
    """Write one line a rule on a page, by service."""
    by_service: Dict[str, List[MessageRule]] = {}
    for rule in messages.rules:
        by_service.setdefault(rule.service, []).append(rule)
    for service, rules in by_service.items():
        page.blank()
        page.line((f"{service}: messages that look like SELinux", "bold"))
        for rule in rules:
            page.labelled(rule.id, f"{rule.layer}: {_plain(rule.title)}", column=len(rule.id) + 4, style="cyan")


def find(messages: "Messages", identifier: str) -> Optional["MessageRule"]:
    """The rule with an id, or None."""
    return next((rule for rule in messages.rules if rule.id == identifier), None)


def describe(rule: "MessageRule", page: Page) -> None:
    """Write one rule as prose on a page."""
    page.line((f"{rule.id}  {_plain(rule.title)}", "bold"))
    page.blank()
    page.paragraph(_plain(rule.because))
    page.blank()
    page.labelled("layer", ", ".join((rule.layer, *rule.also)))
    page.labelled("cause", _plain(rule.cause))
    page.labelled("when", *map(_condition, rule.when))
    page.labelled("unless", *map(_condition, rule.unless))
    page.labelled("if", _plain(f"it were SELinux: {rule.if_selinux}") if rule.if_selinux else "")
    page.labelled("sure", *map(_plain, rule.sure))
    page.blank()
    for number, remedy in enumerate(rule.remedies, 1):
        page.labelled(f"{number}", f"{remedy.kind}: {_plain(remedy.title)}", column=5)
        for command in remedy.commands:
            page.line((_plain(" ".join(command)), "cyan"), indent=5)
        for step in (*remedy.steps, *remedy.notes):
            page.paragraph(_plain(step), indent=5)
    page.blank()
    page.labelled("note", *map(_plain, rule.warnings), style="yellow")
    page.labelled("see", *rule.see)
    page.labelled("from", f"{rule.file}:{rule.line}")


def _condition(condition: "Condition") -> str:
    parts = []
    if condition.process:
        parts.append("the program is " + " or ".join(one.pattern for one in condition.process))
    if condition.message:
        parts.append("the message has " + " or ".join(one.pattern for one in condition.message))
    if condition.errno:
        parts.append("the error is " + " or ".join(condition.errno))
    if condition.elsewhere:
        parts.append("another line has " + " or ".join(one.pattern for one in condition.elsewhere))
    return "; ".join(parts)


def _plain(text: str) -> str:
    """Write placeholders as manual pages do: `{path}` becomes PATH."""
    return re.sub(r"\{(\w+)\}", lambda match: match.group(1).upper(), text)
