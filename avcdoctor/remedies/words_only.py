"""Remedies that a person carries out: what to do, in words, for the kinds that no policy can judge."""

from __future__ import annotations

from avcdoctor.model import Remedy
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Outcome, Site


def keep_denied(site: Site) -> Remedy:
    """The denial is right: nothing is granted."""
    outcome = site.unchecked("stays denied, as it should")
    simulation = type(outcome.simulation)(
        outcome.simulation.before, "denied", "stays denied, as it should", outcome.simulation.policy
    )
    from avcdoctor.remedies import actions

    steps = actions.manual(*(site.steps or ("keep the denial",)))
    kept = Outcome(simulation, outcome.groups, outcome.resolves)
    return remedy(
        site, "keep the denial and look closer", kept, (steps, ()), applicability="manual", grants=("nothing",)
    )


def container_label(site: Site) -> Remedy:
    """Labels of a volume, or of the container."""
    return by_hand(
        site,
        "label the volume for containers",
        "the container engine does the labelling",
        "add :Z (one container) or :z (several) to the volume",
    )


def domain_transition(site: Site) -> Remedy:
    """Bring the process into the domain it belongs to."""
    if site.proposal.parameters.get("nnp"):
        return by_hand(
            site,
            "let the service change its domain",
            "a setting of the unit is not part of the policy",
            "take NoNewPrivileges=yes out of the unit; PrivateDevices=, ProtectKernelTunables=, RestrictNamespaces=, "
            "SystemCallFilter= and the like imply it for services that run with a User=",
            "`systemctl daemon-reload`, then restart the service",
        )
    if site.proposal.parameters.get("peer"):
        return by_hand(
            site,
            "give the other side a domain of its own",
            "which program it is, the log does not tell",
            f"find the server: `ps -eZ | grep {site.first.target}`",
            "install the policy package of that server, or restore the label of its executable, and restart it",
        )
    return by_hand(site, "bring the program into a domain of its own", "depends on the program's own policy")


def mount_option(site: Site) -> Remedy:
    """Label a mount as a whole."""
    return by_hand(
        site,
        "mount it with a label of its own",
        "a mount's label is set by whoever mounts it",
        "mount with `-o context=system_u:object_r:TYPE:s0`",
    )


def constraint(site: Site) -> Remedy:
    """Levels, users, roles: bring them together."""
    field = site.text("field", "level")
    return by_hand(
        site,
        f"bring the {field} of both sides together",
        "a constraint: no allow rule can lift it",
        f"compare the {field} of process and object: `ps -eZ`, `ls -Z`",
    )


def app_fix(site: Site) -> Remedy:
    """The program or its configuration is the place to mend."""
    return by_hand(
        site,
        "mend it in the program or its configuration",
        "not a matter of the policy",
        "change what the program does",
    )


def package_update(site: Site) -> Remedy:
    """The service's own policy comes with its package."""
    package = site.text("package")
    what = package or "the package that brings the service's SELinux policy"
    return by_hand(
        site,
        f"install or update {what}",
        "what a newer package allows can't be checked here",
        f"update {what}, then restore the labels of its files",
        "if it is up to date, report it to the package's makers",
    )


def policy_update(site: Site) -> Remedy:
    """The distribution's policy should have the rule."""
    if site.proposal.parameters.get("allowed_here"):
        outcome = site.simulate(lambda group: site.may(group, group.target), "the policy at hand allows it")
        from avcdoctor.remedies import actions

        texts = () if site.host.live else ("update the policy on the machine the log comes from",)
        steps = actions.manual(*(texts or ("nothing to do: the loaded policy allows it",)))
        return remedy(site, "the policy at hand already allows it", outcome, (steps, ()), applicability="manual")
    return by_hand(
        site,
        "update the policy; if the newest still denies it, report it",
        "what a newer policy allows can't be checked here",
        "update selinux-policy (Fedora, RHEL: `dnf update selinux-policy-targeted`; Debian: `apt install selinux-policy-default`)",
        "if the newest still denies it: `avcdoctor explain --format markdown` writes the report for the bug tracker",
    )
