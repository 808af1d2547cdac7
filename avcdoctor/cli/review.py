"""`avcdoctor review`: a second opinion on policy modules and on what a machine carries besides its policy."""

import sys
from pathlib import Path
from typing import Annotated, List, Optional, Tuple

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.declare import argument, option
from avcdoctor.errors import InputError, UsageError

FORMATS = ("text", "json", "markdown")
EXAMPLES = """\
  avcdoctor review local.te                        what a module allows, and what of it should go
  audit2allow -a | avcdoctor review -              before you load what audit2allow made
  avcdoctor review --installed                     every local module and setting of this machine
  avcdoctor review --to newer.deb --installed audit.log   what an update of the policy changes here
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
Reach = Annotated[bool, option("--reach", help="Say which domains and secrets a module's rules open.")]
Old = Annotated[
    Optional[Path], option("--from", metavar="POLICY", help="With --to: the policy in use (a policy, package or root).")
]
New = Annotated[
    Optional[Path],
    option("--to", metavar="POLICY", help="Compare two policies: which denials of these logs the new one ends."),
]
Format = Annotated[str, option("--format", "-f", metavar="FORMAT", help="text, json or markdown.")]


def review(
    modules: Modules = None,
    *,
    installed: Installed = False,
    reach: Reach = False,
    old: Old = None,
    new: New = None,
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
        reach: say what modules make reachable.
        old: the policy that is left; this host's when only `new` is given.
        new: the policy that comes; then `modules` are logs.
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
    if new is not None or old is not None:
        shown, code = _upgrade(
            modules or [],
            old=old,
            new=new,
            installed=installed,
            policy=policy,
            root=root,
            form=form,
            color=output.wants_color(no_color) and file is None,
            verbose=verbose,
        )
        output.emit(shown, file)
        return code
    if bool(modules) is installed:
        raise UsageError("name modules to review, or --installed", "avcdoctor review --help has examples")
    host = open_host(policy, root)
    known = api.knowledge(rules or [])
    if installed:
        found = machine.review_machine(host, known)
    else:
        read = [read_module(_bytes(name), "standard input" if name == "-" else name) for name in modules or []]
        if reach:
            from avcdoctor.review.reach import of_module  # noqa: PLC0415 - only for those who ask

            read = [of_module(one, host) for one in read]
        info = host.info
        found = Review(info.name, tuple(judge.review(one, host, known) for one in read), notes=info.notes)
    if form == "text":
        color = output.wants_color(no_color) and file is None
        shown = renderer.text(found, width=output.terminal_width(), color=color, verbose=verbose)
    else:
        shown = renderer.json(found) if form == "json" else renderer.markdown(found)
    output.emit(shown, file)
    return 1 if found.should_change else 0


def _upgrade(
    logs: List[str],
    *,
    old: Optional[Path],
    new: Optional[Path],
    installed: bool,
    policy: Optional[str],
    root: Optional[str],
    form: str,
    color: bool,
    verbose: bool,
) -> Tuple[str, int]:
    """Compare two policies over the denials of some logs and, with --installed, the machine's local parts."""
    from avcdoctor.host import newest, open_host  # noqa: PLC0415 - only for those who ask
    from avcdoctor.host.local import local  # noqa: PLC0415 - likewise
    from avcdoctor.host.store import store_name  # noqa: PLC0415 - likewise
    from avcdoctor.read import read  # noqa: PLC0415 - likewise
    from avcdoctor.render import upgrade as renderer  # noqa: PLC0415 - likewise
    from avcdoctor.review.sources import read_module  # noqa: PLC0415 - likewise
    from avcdoctor.review.upgrade import compare  # noqa: PLC0415 - likewise

    if new is None:
        raise UsageError("--from needs --to", "the policy that is to come")
    if not logs and not installed:
        raise UsageError("name logs whose denials are compared, or --installed")
    if form == "markdown":
        raise UsageError("a comparison has the formats text and json")
    host = open_host(policy, root)
    left = newest.given(old).policy if old is not None else host.policy
    if left is None:
        raise InputError("there is no policy to compare with", "--from names one")
    name = store_name(host.files) if installed else None
    parts = [local(host.root, name, host.live)] if name is not None else []
    modules = [read_module(one.source, one.name) for part in parts for one in part.modules if one.source]
    groups = read(logs).groups if logs else ()
    found = compare(left, newest.given(new).policy, groups, modules, parts)
    if form == "json":
        shown = renderer.json(found)
    else:
        shown = renderer.text(found, width=output.terminal_width(), color=color, verbose=verbose)
    return shown, 1 if found.begun or found.lost else 0


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
