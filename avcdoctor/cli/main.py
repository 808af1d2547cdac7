"""The command `avcdoctor`: finds the verb, runs it, and turns every error into one clear line and an exit code."""

import os
import re
import signal
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, List, Mapping, Optional, Sequence, Tuple

import typer

from avcdoctor import __version__
from avcdoctor.cli.declare import option, understood
from avcdoctor.cli.helptext import examples, summary_of
from avcdoctor.cli.here import uses_selinux
from avcdoctor.errors import AvcdoctorError
from avcdoctor.model import safe_text

VERBS: Mapping[str, str] = {
    "explain": "avcdoctor.cli.explain",
    "fix": "avcdoctor.cli.fix",
    "apply": "avcdoctor.cli.apply",
    "undo": "avcdoctor.cli.undo",
    "history": "avcdoctor.cli.history",
    "tail": "avcdoctor.cli.tail",
    "triage": "avcdoctor.cli.triage",
    "path": "avcdoctor.cli.path",
    "rules": "avcdoctor.cli.rules",
    "review": "avcdoctor.cli.review",
    "fleet": "avcdoctor.cli.fleet",
    "collect": "avcdoctor.cli.collect",
    "mcp": "avcdoctor.cli.mcp",
}
"""Each verb and its module. The module has a function of the verb's name, or a typer application called `app`, and
`EXAMPLES`, the lines that end the verb's help. A verb's function returns its exit code (None for 0)."""

# The base of typer's errors: click's own class, and from typer 0.26 on the one of the click inside typer.
ClickException: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

INTERRUPTED = 130
BROKEN_PIPE = 141  # what a shell shows for a program that SIGPIPE ended
UNEXPECTED = 70  # EX_SOFTWARE of sysexits.h: an error of avcdoctor itself

_HELP = """Explain SELinux denials in plain words and propose the smallest right remedy, checked against the policy.

Looking never changes anything. Only fix, apply and undo change the machine, and they ask first.
"""

_EXAMPLES = """\
  avcdoctor explain                          today's question: what was denied, why, what to do
  avcdoctor explain --since recent           only the last ten minutes
  avcdoctor explain audit.log                a log from another machine
  avcdoctor fix --dry-run                    the plan, without changing anything
"""

_EXIT_CODES = """
\b
Exit codes: 0 nothing denied, or done; 1 denials found; 2 usage;
3 could not look (no records, unreadable); 4 no remedy passes;
5 failed and rolled back; 6 roll-back failed; 7 refused before the
first change; 130 interrupted.
"""

_WITHOUT_SELINUX = """
This machine does not use SELinux. What can be done here:
  avcdoctor explain audit.log                a log from another machine
  avcdoctor explain --root DIR               an unpacked sosreport or a mounted image
  avcdoctor review module.te                 policy that somebody wrote
  avcdoctor triage SERVICE                   a service that fails for another reason
"""

_MEANT = re.compile(r"\s*\(?(?:Did you mean|Possible options:?) .*", re.DOTALL)
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def run(argv: Optional[Sequence[str]] = None) -> None:
    """Run the command line and exit; the entry point of the console script.

    Args:
        argv: the words after the command's name; those of the process when left out.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores the second one
            signal.signal(number, signal.default_int_handler)  # so that changes are taken back and files go
    words = list(sys.argv[1:] if argv is None else argv)
    code = main(words or ["--help"])
    if not words and not uses_selinux():
        print(_WITHOUT_SELINUX)
    raise SystemExit(code)


def main(argv: List[str]) -> int:
    """Run the command line and return the exit code; errors are told on standard error here and nowhere else."""
    _ready_streams()
    try:
        code = build(argv)(argv, prog_name="avcdoctor", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # typer turns a broken pipe into SystemExit, and nothing else
        _close_quietly()
        return BROKEN_PIPE
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:  # the one place where errors become words and an exit code
        message, code = _in_words(error, argv)
        _tell(message)
    return code if isinstance(code, int) else 0


def _in_words(error: Exception, argv: Sequence[str]) -> Tuple[str, int]:
    if isinstance(error, AvcdoctorError):
        return str(error), error.exit_code
    if isinstance(error, ClickException):
        return f"{_plain(error)} (see avcdoctor{_verb_of(argv)} --help)", error.exit_code
    if isinstance(error, MemoryError):
        return "out of memory (a narrower --since and --until needs less)", 3
    if isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return f"{where}{error.strerror or error}", 3
    if "-v" in argv or "--verbose" in argv:
        import traceback  # noqa: PLC0415 - only when something went wrong

        traceback.print_exception(type(error), error, error.__traceback__)
    hint = "this is a bug in avcdoctor: please report it with what the same command says with -v"
    return f"unexpected {type(error).__name__}: {error} ({hint})", UNEXPECTED


def _plain(error: ClickException) -> str:
    """What was wrong with the command line, and what was meant: once, whatever typer and click add of themselves."""
    message = _MEANT.sub("", error.format_message()).rstrip(".")
    from difflib import get_close_matches  # noqa: PLC0415 - likewise

    verb = re.fullmatch(r"No such command '(.*)'", message)
    meant = get_close_matches(verb[1], VERBS, 1) if verb else list(getattr(error, "possibilities", None) or ())[:1]
    return f"{message}. Did you mean {meant[0]!r}?" if meant else message


def build(argv: Sequence[str]) -> typer.Typer:
    """Build the typer application; only the module of the verb that is asked for is imported.

    Args:
        argv: the words after the command's name. Without a known verb, all verbs are registered, for the help.
    """
    app = typer.Typer(
        help=_HELP,
        epilog=examples(_EXAMPLES) + _EXIT_CODES,
        add_completion=False,
        rich_markup_mode=None,  # plain help: it starts faster and can be copied
        pretty_exceptions_enable=False,
        context_settings=_CONTEXT,
    )
    app.callback()(understood(_global_options))
    asked = argv[0] if argv and argv[0] in VERBS else None
    for verb, module in VERBS.items():
        if asked in (None, verb):
            _register(app, verb, import_module(module))
    return app


def _register(app: typer.Typer, verb: str, module: Any) -> None:
    epilog = examples(module.EXAMPLES)
    if hasattr(module, "app"):
        for command in module.app.registered_commands:
            command.help, command.short_help = summary_of(command.callback)
            command.callback = understood(command.callback)
        registered = module.app.registered_callback
        if registered is not None:
            registered.callback = understood(registered.callback)
        app.add_typer(module.app, name=verb, epilog=epilog, context_settings=_CONTEXT)
        return
    function = getattr(module, verb)
    summary, short = summary_of(function)
    app.command(verb, help=summary, short_help=short, epilog=epilog, context_settings=_CONTEXT)(understood(function))


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"avcdoctor {__version__}")
        raise typer.Exit


def _global_options(
    version: Annotated[
        bool, option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before the verb."""


def _verb_of(argv: Sequence[str]) -> str:
    return f" {argv[0]}" if argv and argv[0] in VERBS else ""


def _tell(message: str) -> None:
    with suppress(OSError):  # when standard error is gone, the exit code is all that is left to say it with
        print(f"avcdoctor: {safe_text(message)}", file=sys.stderr)


def _ready_streams() -> None:
    """See that output can be written to: a closed stream is None in Python, and would fail in odd places."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it is open as long as we run
            setattr(sys, name, nowhere)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that can't show a letter gets its number


def _close_quietly() -> None:
    """Whoever read the output has left; keep Python from complaining about it when it flushes at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
