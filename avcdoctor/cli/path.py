"""`avcdoctor path`: each component of a path, and which layer stops whom where."""

from pathlib import Path
from typing import Annotated, Optional

from avcdoctor import output
from avcdoctor.cli.declare import argument, option
from avcdoctor.cli.options import NoColor, Output, PolicyFile, Root, Verbose
from avcdoctor.errors import UsageError

EXAMPLES = """\
  avcdoctor path /srv/www/index.html --as httpd_t
  avcdoctor path /opt/app/run.sh --user app --for execute
  avcdoctor path /var/lib/haproxy --as haproxy_t --for chroot
  avcdoctor path /opt/incus/lib --root /mnt/image
"""

Asked = Annotated[str, argument(metavar="PATH", help="The path to walk; with --root, as it is called in there.")]
As = Annotated[
    Optional[str],
    option("--as", metavar="DOMAIN", help="The SELinux domain (or whole context) that asks, such as httpd_t."),
]
User = Annotated[
    Optional[str],
    option("--user", metavar="USER", help="Who asks; otherwise a running process of the domain, or root."),
]
For = Annotated[
    Optional[str],
    option("--for", metavar="WHAT", help="read, write, execute, search or chroot.", show_default=False),
]
Format = Annotated[str, option("--format", metavar="FORMAT", help="text or json.")]


def path(
    asked: Asked,
    *,
    domain: As = None,
    user: User = None,
    purpose: For = None,
    root: Root = None,
    policy: PolicyFile = None,
    form: Format = "text",
    file: Output = None,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Walk a path as the kernel does and say who stops whom at which component.

    Shows owner, mode, ACL, attributes, mount and label of each component, follows links one by one inside the root,
    and asks each layer: lookup, owner and mode, mount, SELinux.

    Args:
        asked: the path.
        domain: the SELinux domain that asks.
        user: the user that asks.
        purpose: what it is wanted for.
        root: an offline root.
        policy: a policy to ask instead of the host's.
        form: text or json.
        file: where the report goes.
        verbose: all mount options and every stop.
        no_color: never use colours.

    Returns:
        The exit code: 1 when something stands in the way, else 0.

    Raises:
        UsageError: an unknown purpose, format or user, or a path no file can have.
    """
    from avcdoctor.host import open_host  # noqa: PLC0415 - the help must not wait for the policy
    from avcdoctor.host.walk import Walker  # noqa: PLC0415 - likewise
    from avcdoctor.render import path as render  # noqa: PLC0415 - likewise
    from avcdoctor.triage.access import PURPOSES, judge_access  # noqa: PLC0415 - likewise
    from avcdoctor.triage.subject import subject  # noqa: PLC0415 - likewise

    if form not in ("text", "json"):
        raise UsageError(f"unknown format {form!r}", "path knows text and json")
    if purpose is not None and purpose not in PURPOSES:
        raise UsageError(f"unknown purpose {purpose!r}", f"--for takes {', '.join(PURPOSES)}")
    if not asked or "\0" in asked:
        raise UsageError("no file can have this path", "give a path without zero bytes")
    host = open_host(policy, root)
    wanted = asked if asked.startswith("/") or not host.live else f"{Path.cwd()}/{asked}"
    walk = Walker(host.files, host.labels).walk(wanted)
    access = judge_access(walk, subject(host, domain, user), host, purpose)
    if form == "json":
        output.emit(render.json(access), file)
    else:
        color = output.wants_color(no_color) and file is None
        output.emit(render.text(access, width=output.terminal_width(), color=color, verbose=verbose), file)
    return 1 if access.stops else 0
