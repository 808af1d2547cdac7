"""`avcdoctor path`: each component of a path, and which layer stops whom where."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

from avcdoctor import output
from avcdoctor.cli.declare import argument, option
from avcdoctor.cli.options import NoColor, Output, PolicyFile, Root, Verbose
from avcdoctor.errors import UsageError
from avcdoctor.model import safe_text

if TYPE_CHECKING:
    from avcdoctor.host import Host
    from avcdoctor.triage.subject import Subject

EXAMPLES = """\
  avcdoctor path /srv/www/index.html --as nginx     the service: its user and its SELinux domain
  avcdoctor path /srv/www/index.html --as httpd_t
  avcdoctor path /opt/app/run.sh --user app --for execute
  avcdoctor path /var/lib/haproxy --as haproxy_t --for chroot
  avcdoctor path /opt/incus/lib --root /mnt/image
"""

Asked = Annotated[str, argument(metavar="PATH", help="The path to walk; with --root, as it is called in there.")]
As = Annotated[
    Optional[str],
    option(
        "--as",
        metavar="WHO",
        help="Who asks: an SELinux domain such as httpd_t, a whole context, or a service such as nginx.",
    ),
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
        domain: the SELinux domain that asks, or the service.
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
        UsageError: an unknown purpose, format, user, domain or service, or a path no file can have.
    """
    from avcdoctor.host import open_host  # noqa: PLC0415 - the help must not wait for the policy
    from avcdoctor.host.walk import Walker  # noqa: PLC0415 - likewise
    from avcdoctor.render import path as render  # noqa: PLC0415 - likewise
    from avcdoctor.triage.access import PURPOSES, judge_access  # noqa: PLC0415 - likewise

    if form not in ("text", "json"):
        raise UsageError(f"unknown format {form!r}", "path knows text and json")
    if purpose is not None and purpose not in PURPOSES:
        raise UsageError(f"unknown purpose {purpose!r}", f"--for takes {', '.join(PURPOSES)}")
    if not asked or "\0" in asked:
        raise UsageError("no file can have this path", "give a path without zero bytes")
    host = open_host(policy, root)
    if host.report is not None:
        words = f"{safe_text(host.root.name)} is a sosreport: it has copies of a few files, not the paths themselves"
        raise UsageError(words, "run avcdoctor path on the machine, or on an image of it")
    wanted = asked if asked.startswith("/") or not host.live else f"{Path.cwd()}/{asked}"
    walk = Walker(host.files, host.labels).walk(wanted)
    access = judge_access(walk, _who(host, domain, user), host, purpose)
    if form == "json":
        output.emit(render.json(access), file)
    else:
        color = output.wants_color(no_color) and file is None
        output.emit(render.text(access, width=output.terminal_width(), color=color, verbose=verbose), file)
    return 1 if access.stops else 0


def _who(host: "Host", named: Optional[str], user: Optional[str]) -> "Subject":
    """The process that asks, by a domain, a context or a service's name; an unknown name is no all-clear."""
    from avcdoctor.triage.subject import subject, subject_of_service  # noqa: PLC0415 - the help must not wait for it
    from avcdoctor.triage.unit import unit_facts  # noqa: PLC0415 - likewise

    policy = host.policy
    if named is None or ":" in named or (policy is not None and policy.has_type(named)):
        return subject(host, named, user)
    unit = unit_facts(host, named)
    if unit is not None:
        return subject_of_service(host, unit, user)
    if policy is None:
        return subject(host, named, user)
    domains = [type_ for type_ in policy.types if policy.is_domain(type_)]
    near = get_close_matches(named, domains, 3) or get_close_matches(f"{named}_t", domains, 3)
    hint = f"there are {', '.join(near)}" if near else "ps -eZ shows the domains that run"
    raise UsageError(f"neither the policy nor systemd knows {named!r}", hint)
