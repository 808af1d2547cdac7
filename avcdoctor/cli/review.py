"""`avcdoctor review`: a second opinion on policy modules and on what a machine carries besides its policy."""

import sys
from pathlib import Path
from typing import Annotated, List, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.declare import argument, option
from avcdoctor.errors import InputError, UsageError

FORMATS = ("text", "json", "markdown")
EXAMPLES = """\
  avcdoctor review local.te                        what a module allows, and what of it should go
  audit2allow -a | avcdoctor review -              before you load what audit2allow made
  avcdoctor review --installed                     every local module and setting of this machine
  avcdoctor review --root /mnt/image --installed   those of an offline root
"""
_MAXIMUM = 17 << 20  # a little more than the reader takes, so that it can say so

Modules = Annotated[
    Optional[List[str]],
    argument(
        metavar="[MODULE...|-]",
        help="Files in .te, .cil or .pp form, or - for standard input.",
        show_default=False,
    ),
]
Installed = Annotated[
    bool, option("--installed", help="Review the local modules and settings of this machine or of --root.")
]
Format = Annotated[str, option("--format", "-f", metavar="FORMAT", help="text, json or markdown.")]


def review(
    modules: Modules = None,
    *,
    installed: Installed = False,
    policy: options.PolicyFile = None,
    root: options.Root = None,
    rules: options.Rules = None,
    form: Format = "text",
    file: options.Output = None,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    """Review policy that somebody wrote: what each rule allows, and whether a label, boolean or port does it better.

    Only reads, loads nothing. The policy that judges must not hold the modules already: with --installed it is built
    anew without them. Exits with 1 when something should go.

    Args:
        modules: files; `-` is standard input.
        installed: review what is installed.
        policy: a compiled policy to ask.
        root: an offline root.
        rules: more directories with rule packs.
        form: text, json or markdown.
        file: where to write the review.
        verbose: every rule, the harmless ones too.
        no_color: no colours.

    Returns:
        The exit code: 1 when something should go, else 0.

    Raises:
        UsageError: an unknown format, or nothing to review.
        AvcdoctorError: a module or the policy can't be read.
    """
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.host import open_host  # noqa: PLC0415 - likewise
    from avcdoctor.render import review as renderer  # noqa: PLC0415 - likewise
    from avcdoctor.review import judge, machine  # noqa: PLC0415 - likewise
    from avcdoctor.review.model import Review  # noqa: PLC0415 - likewise
    from avcdoctor.review.sources import read_module  # noqa: PLC0415 - likewise

    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", f"one of: {', '.join(FORMATS)}")
    if bool(modules) is installed:
        raise UsageError("name modules to review, or --installed", "avcdoctor review --help has examples")
    host = open_host(policy, root)
    known = api.knowledge(rules or [])
    if installed:
        found = machine.review_machine(host, known)
    else:
        read = [read_module(_bytes(name), "standard input" if name == "-" else name) for name in modules or []]
        info = host.info
        found = Review(info.name, tuple(judge.review(one, host, known) for one in read), notes=info.notes)
    if form == "text":
        color = output.wants_color(no_color) and file is None
        shown = renderer.text(found, width=output.terminal_width(), color=color, verbose=verbose)
    else:
        shown = renderer.json(found) if form == "json" else renderer.markdown(found)
    output.emit(shown, file)
    return 1 if found.should_change else 0


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(_MAXIMUM)
    path = Path(name)
    if not path.exists():
        raise InputError(f"there is no file {name}")
    if not path.is_file():
        raise InputError(f"{name} is no regular file", "give a .te, .cil or .pp file")
    with path.open("rb") as stream:
        return stream.read(_MAXIMUM)
