"""Writes the manual pages: one for avcdoctor, one a verb, from what `--help` says; two about files, from docs/.

python -m tools.manual FOLDER
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional

from avcdoctor import __version__
from tools.commands import Command, every, tree

ROOT = Path(__file__).resolve().parents[1]


class Page(NamedTuple):
    """A manual page about a file: what it is about, and which part of which document it is made from."""

    name: str
    summary: str
    document: str
    section: str  # a heading of the second level; empty for the whole document


FILES = (
    Page("avcdoctor-rules", "rules of your own for avcdoctor", "docs/adding-a-rule.md", ""),
    Page("avcdoctor-ignore", "denials that are known, for avcdoctor explain", "docs/ci.md", "What is known"),
)


def pages() -> Dict[str, str]:
    """Every manual page, by its file name."""
    top = tree()
    found = {f"{page_name(one)}.8": command_page(one, top) for one in every(top) if len(one.words) <= 1}
    found.update({f"{page.name}.5": file_page(page) for page in FILES})
    return found


def page_name(command: Command) -> str:
    """The name of a command's manual page."""
    return "-".join(("avcdoctor", *command.words))


def command_page(command: Command, top: Command) -> str:
    """The manual page of a command; that of a verb tells its subcommands too."""
    lines = [header(page_name(command), 8), ".SH NAME", f"{page_name(command)} \\- {text(lowered(command.summary))}"]
    lines.append(".SH SYNOPSIS")
    parts = every(command) if command.words else [command]
    for one in parts:
        lines += [f".B {text(one.name)}", text(" ".join(["[OPTION...]", *usage(one)])), ".br"]
    lines.pop()
    lines.append(".SH DESCRIPTION")
    lines += paragraphs(command.prose)
    for one in parts:
        if one is not command:
            lines += [f".SS {text(one.name)}", *paragraphs(one.prose)]
        lines += parameters(one, "OPTIONS" if one is command else "")
    if not command.words:
        lines.append(".SH COMMANDS")
        for verb in command.commands:
            lines += [".TP", f".BR {text(page_name(verb))} (8)", text(verb.summary) + "."]
    if command.examples:
        lines.append(".SH EXAMPLES")
        for line, words in command.examples:
            lines += [".TP", f".B {text(line)}", text(capital(words)) if words else "\\&"]
    lines += [".SH EXIT STATUS", *exit_codes(top.exit_codes)]
    lines += [".SH SEE ALSO", see_also(command, top)]
    return "\n".join(lines) + "\n"


def usage(command: Command) -> List[str]:
    words = [one.value for one in command.arguments]
    return [*words, "COMMAND"] if command.commands and not command.words else words


def parameters(command: Command, heading: str) -> List[str]:
    """The arguments and options of a command, as tagged paragraphs."""
    lines = [f".SH {heading}"] if heading else []
    for argument in command.arguments:
        if argument.help:
            lines += [".TP", f".I {text(argument.value)}", text(argument.help)]
    for option in command.options:
        names = ", ".join(f"\\fB{text(name)}\\fR" for name in option.names)
        lines += [".TP", f"{names} \\fI{text(option.value)}\\fR" if option.value else names]
        default = f" The default is {option.default}." if option.default else ""
        lines.append(text(option.help + default) or "\\&")
    return lines


def exit_codes(sentence: str) -> List[str]:
    lines = []
    for part in sentence.rstrip(".").split("; "):
        code, _, words = part.partition(" ")
        lines += [".TP", f".B {code}", text(capital(words)) + "."]
    return lines


def see_also(command: Command, top: Command) -> str:
    names = [(page_name(one), 8) for one in (top, *top.commands) if one.words != command.words]
    names += [(page.name, 5) for page in FILES]
    if "tail" in command.words:
        names.append(("auditd", 8))
    names += [("audit2why", 8), ("restorecon", 8), ("semanage", 8)]
    return ",\n".join(f".BR {text(name)} ({section})" for name, section in names).replace(",\n", " ,\n")


def file_page(page: Page) -> str:
    """A manual page about a file, from a document in Markdown."""
    body = (ROOT / page.document).read_text(encoding="utf-8")
    if page.section:
        body = body.partition(f"\n## {page.section}\n")[2].partition("\n## ")[0]
    else:
        body = body.partition("\n")[2]
    lines = [header(page.name, 5), ".SH NAME", f"{page.name} \\- {text(page.summary)}", ".SH DESCRIPTION"]
    body_lines = list(roff(body))
    after_heading = [False, *(line.startswith(".SH") for line in body_lines)]
    after_heading[0] = True
    lines += [line for line, first in zip(body_lines, after_heading) if not (first and line == ".PP")]
    lines += [".SH SEE ALSO", ".BR avcdoctor (8) ,\n.BR avcdoctor\\-explain (8) ,\n.BR avcdoctor\\-rules (8)"]
    return "\n".join(lines) + "\n"


def roff(markdown: str) -> Iterator[str]:
    """Lines of Markdown (headings, paragraphs, lists, tables, code) as lines for man(7)."""
    block: List[str] = []
    for line in [*markdown.splitlines(), ""]:
        fenced = bool(block) and block[0].lstrip().startswith("```")
        ends = line.strip() == "```" and len(block) > 0 if fenced else not line.strip() or starts(line, block)
        if not ends:
            block.append(line)
            continue
        if block:
            yield from rendered(block)
        block = [] if fenced or not line.strip() else [line]


def starts(line: str, block: List[str]) -> bool:
    """Whether a line begins a block of its own."""
    table = line.startswith("|")
    item = re.match(r"\s*(- |[0-9]+\. |#|```)", line) is not None
    return item or (bool(block) and table != block[0].startswith("|"))


def rendered(block: List[str]) -> Iterator[str]:
    first = block[0].lstrip()
    if first.startswith("#"):
        yield f".SH {text(first.lstrip('# ')).upper()}"
    elif first.startswith("```") or block[0].startswith(("    ", "       ")):
        code = block[1:] if first.startswith("```") else block
        indent = min(len(line) - len(line.lstrip()) for line in code if line.strip())
        yield from (".PP", ".RS 4", ".EX", *(text(line[indent:]) for line in code), ".EE", ".RE")
    elif first.startswith("|"):
        for row in block:
            cells = [cell.strip() for cell in row.strip("|").split("|")]
            if set(row) - set("|-: ") and cells != ["field", "what it holds"]:
                yield from (".TP", inline(cells[0]), inline(capital(" | ".join(cells[1:]))))
    elif re.match(r"(- |[0-9]+\. )", first):
        mark, _, rest = first.partition(" ")
        yield ".IP " + ("\\(bu" if mark == "-" else mark) + " 4"
        yield inline(" ".join([rest, *(line.strip() for line in block[1:])]))
    else:
        yield from (".PP", inline(" ".join(line.strip() for line in block)))


def inline(words: str) -> str:
    """Markdown's emphasis, code and links within a sentence."""
    words = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", words)
    parts = re.split(r"(\*\*[^*]+\*\*|`[^`]+`)", words)
    shown = [f"\\fB{text(one.strip('*`'))}\\fR" if one[:1] in "*`" and one else text(one) for one in parts]
    return guarded("".join(shown))


def header(name: str, section: int) -> str:
    when = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    date = time.strftime("%Y-%m-%d", when)
    return f'.TH {text(name).upper()} {section} "{date}" "avcdoctor {__version__}" "System Administration"'


def paragraphs(prose: tuple[str, ...]) -> List[str]:
    return [line for number, words in enumerate(prose) for line in ([".PP"] if number else []) + [text(words)]]


def text(words: str) -> str:
    """Words for roff: its own signs escaped, hyphens that can be copied, no line that looks like a request."""
    shown = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return guarded(shown.replace("^", "\\(ha").replace("~", "\\(ti"))


def guarded(line: str) -> str:
    return f"\\&{line}" if line.startswith((".", "'")) else line


def lowered(words: str) -> str:
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def main(argv: Optional[List[str]] = None) -> int:
    """Write every page into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (folder / name).write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
