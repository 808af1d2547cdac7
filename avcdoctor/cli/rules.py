"""`avcdoctor rules`: what avcdoctor knows that no policy can tell, as a list, as prose, and checked."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, List, Optional, Sequence

import typer

from avcdoctor import output
from avcdoctor.cli import message_rules
from avcdoctor.cli.declare import argument, option
from avcdoctor.errors import RuleError, UsageError
from avcdoctor.render.page import Page
from avcdoctor.render.words import plural

if TYPE_CHECKING:
    from avcdoctor.knowledge import Knowledge, Rule
    from avcdoctor.knowledge.schema import Match, RuleProblem

EXAMPLES = """\
  avcdoctor rules                          every rule, by service
  avcdoctor rules show KEEPALIVED001       one rule as prose
  avcdoctor rules show wrong-label         one cause, as reports name it
  avcdoctor rules check my-service.yaml    the errors of a rule file, with line and column
"""
app = typer.Typer(
    help="List, show and check the rules: what the policy itself can't tell.",
    short_help="List, show and check the rules",
    rich_markup_mode=None,
)

Directory = Annotated[
    Optional[List[Path]], option("--rules", metavar="DIR", help="More rules; may be given more than once.")
]


@app.callback(invoke_without_command=True)
def rules(context: typer.Context, directories: Directory = None) -> Optional[int]:
    """List every rule with its service and title.

    Args:
        context: typer's; tells whether `show` or `check` follows.
        directories: more directories with rule packs.

    Returns:
        The exit code: 3 when a rule file is broken.
    """
    from avcdoctor.diagnose.registry import pages  # noqa: PLC0415 - the help must not wait for it

    context.obj = directories or []
    if context.invoked_subcommand is not None:
        return None
    page = _page()
    knowledge = load(context.obj)
    for service in knowledge.services:
        if not service.rules:
            continue
        page.blank()
        page.line((service.title, "bold"))
        for rule in service.rules:
            page.labelled(rule.id, placeholders(rule.title), column=len(rule.id) + 4, style="cyan")
    messages = message_rules.load(context.obj)
    message_rules.list_on(page, messages)
    page.blank()
    page.line(("causes, with a rule or without", "bold"))
    for cause in pages().values():
        page.labelled(cause.id, cause.title, column=24, style="cyan")
    page.blank()
    count = len(knowledge.rules) + len(messages.rules)
    page.line(f"{plural(count, 'rule')}; avcdoctor rules show ID tells more.")
    output.emit(page.text())
    return _tell_errors((*knowledge.errors, *messages.errors))


@app.command("show")
def show(context: typer.Context, identifier: Annotated[str, argument(metavar="ID")]) -> None:
    """Print one rule, or one cause, as prose: when it applies, why it happens, what to do, what never to do.

    Args:
        context: typer's; holds the directories given before.
        identifier: a rule's id such as KEEPALIVED001, or a cause such as wrong-label; case does not matter.

    Raises:
        UsageError: there is no such rule.
    """
    from avcdoctor.diagnose.registry import pages  # noqa: PLC0415 - the help must not wait for it

    cause = pages().get(identifier.lower())
    if cause is not None:
        page = _page()
        page.line((cause.id, "bold cyan"), "  ", (cause.title, "bold"))
        page.blank()
        page.paragraph(cause.means)
        page.blank()
        page.labelled("told", cause.told, indent=0)
        page.labelled("way", cause.way, indent=0)
        output.emit(page.text())
        return
    knowledge = load(context.obj)
    wanted = identifier.upper()
    rule = next((rule for rule in knowledge.rules if rule.id == wanted), None)
    messages = message_rules.load(context.obj)
    message_rule = message_rules.find(messages, wanted)
    if message_rule is not None:
        page = _page()
        message_rules.describe(message_rule, page)
        output.emit(page.text())
        return
    if rule is None:
        known_ids = [known.id for known in knowledge.rules] + [known.id for known in messages.rules]
        near = [known for known in known_ids if known.startswith(wanted.rstrip("0123456789"))]
        hint = f"there are {', '.join(near)}" if near else "avcdoctor rules lists them all"
        raise UsageError(f"there is no rule {identifier!r}", hint)
    page = _page()
    describe(rule, page)
    output.emit(page.text())


@app.command("check")
def check(files: Annotated[List[Path], argument(metavar="FILE...")]) -> int:
    """Check rule files: all errors with line and column, and every example tried.

    Args:
        files: YAML files.

    Returns:
        The exit code: 0 all well, 3 a file is broken.
    """
    from avcdoctor.host import open_host  # noqa: PLC0415 - the list of rules must not wait for the policy
    from avcdoctor.knowledge import lint  # noqa: PLC0415 - likewise
    from avcdoctor.triage.judge import answers  # noqa: PLC0415 - likewise

    policy = open_host().policy

    def has_attribute(type_: str, attribute: str) -> Optional[bool]:
        return attribute in policy.attributes(type_) if policy is not None and policy.has_type(type_) else None

    problems = []
    packs: List[Path] = []
    for file in files:
        if lint.is_facts_file(file):
            problems += lint.check_facts_file(file)
        elif lint.is_message_file(file):
            problems += lint.check_message_file(file, answers)
        else:
            problems += lint.check_file(file, has_attribute)
            packs.append(file)
    problems += lint.check_together(packs, load([]).rules) if packs else []
    for problem in problems:
        output.note(str(problem))
    if not problems:
        output.emit(f"{plural(len(files), 'file')} checked: no errors\n")
    return RuleError.exit_code if problems else 0


def load(directories: List[Path]) -> "Knowledge":
    """Load the shipped rules, the host's own, and those of further directories.

    Raises:
        RuleError: a further directory does not exist.
    """
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for YAML and the policy's libraries

    for directory in directories:
        if not directory.is_dir():
            raise RuleError(f"{directory} is not a directory", "--rules takes a directory with YAML files")
    return api.knowledge(directories)


def describe(rule: "Rule", page: Page) -> None:
    """Write one rule as prose on a page."""
    page.line((f"{rule.id}  {placeholders(rule.title)}", "bold"))
    page.blank()
    page.paragraph(placeholders(rule.because))
    page.blank()
    page.labelled("when", *map(condition, rule.when))
    page.labelled("unless", *map(condition, rule.unless))
    page.labelled("next", placeholders(rule.next))
    page.blank()
    for number, remedy in enumerate(rule.remedies, 1):
        title = placeholders(str(remedy.parameters.get("title", "") or remedy.parameters.get("why", "")))
        page.labelled(f"{number}", f"{remedy.kind}: {title}" if title else remedy.kind, column=5)
        steps = remedy.parameters.get("steps", ())
        for step in steps if isinstance(steps, tuple) else ():
            page.paragraph(placeholders(step), indent=5)
    page.blank()
    page.labelled("note", *map(placeholders, rule.warnings), style="yellow")
    page.labelled("never", *map(placeholders, rule.never), style="red")
    page.labelled("see", *rule.see)
    page.labelled("from", f"{rule.file}:{rule.line}")


def condition(match: "Match") -> str:
    """Write a condition as a sentence: `source is httpd_t; target is any file_type`."""
    return "; ".join(f"{name} is {' or '.join(map(_pattern, values))}" for name, values in match.fields.items())


def _pattern(pattern: str) -> str:
    if pattern.startswith("re:"):
        return f"like /{pattern[3:]}/"
    return f"any {pattern[1:]}" if pattern.startswith("@") else pattern


def placeholders(text: str) -> str:
    """Write a rule's placeholders as manual pages do: `{script}` becomes SCRIPT."""
    return re.sub(r"\{(\w+)\}", lambda match: match.group(1).upper(), text)


def _page() -> Page:
    return Page(output.terminal_width(), color=output.wants_color(False))


def _tell_errors(problems: Sequence["RuleProblem"]) -> int:
    for problem in problems:
        output.note(str(problem))
    return RuleError.exit_code if problems else 0
