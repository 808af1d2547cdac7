"""`avcdoctor review`: a second opinion on policy modules and on what a machine carries besides its policy."""

from pathlib import Path
from typing import Annotated, List, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.declare import argument, option
from avcdoctor.errors import UsageError

FORMATS = ("text", "json", "markdown")
EXAMPLES = """\
  avcdoctor review local.te                        what a module allows, and what of it should go
  audit2allow -a | avcdoctor review -              before you load what audit2allow made
  avcdoctor review --installed                     every local module and setting of this machine
  avcdoctor review --to newer.deb --installed audit.log   what an update of the policy changes here
  avcdoctor review --root /mnt/image --installed   those of an offline root
"""

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
    from avcdoctor.cli.work import review as work  # noqa: PLC0415 - the help must not wait for the policy's libraries

    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", f"one of: {', '.join(FORMATS)}")
    if new is not None or old is not None:
        shown, code = work.upgraded(
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
    found = work.reviewed(modules or [], installed=installed, reach=reach, policy=policy, root=root, rules=rules)
    if form == "text":
        color = output.wants_color(no_color) and file is None
        shown = work.text(found, width=output.terminal_width(), color=color, verbose=verbose)
    else:
        shown = work.json(found) if form == "json" else work.markdown(found)
    output.emit(shown, file)
    return 1 if found.should_change else 0
