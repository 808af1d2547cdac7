"""Remedy `package-update`: the service's own SELinux package is missing or old."""

from __future__ import annotations

from avcdoctor.model import Remedy, safe_text
from avcdoctor.remedies.build import by_hand
from avcdoctor.remedies.site import Site
from avcdoctor.system import family, install

_NAMED_BY = "fedora"
"""Whose names the packages of policy-packages.tsv and of the rules have."""


def build(site: Site) -> Remedy:
    """The service's own policy comes with its package."""
    package = site.text("package")
    what = package or "the package that brings the service's SELinux policy"
    names = site.host.system(site.own_log)
    command = f" (`{install(package, names)}`)" if package and family(names) == _NAMED_BY else ""
    there = site.host.packages.installed(package) if package and site.own_log and site.host.report is not None else None
    if there is not None:
        what = f"{what} ({safe_text(there.version)} is installed there)"
    return by_hand(
        site,
        f"install or update {what}",
        "what a newer package allows can't be checked here",
        f"update {what}{command}, then restore the labels of its files",
        "if it is up to date, report it to the package's makers",
    )
