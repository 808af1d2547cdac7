"""Label rules cover what was denied, and never what the policy has a label for."""

from __future__ import annotations

from typing import List

from avcdoctor.host import Host
from avcdoctor.model import Context, Denial, EventId, Finding, Group, Proposal
from avcdoctor.remedies import fcontext
from avcdoctor.remedies.site import Site


def patterns(system: Host, paths: List[str], tclass: str = "file") -> List[str]:
    """The patterns that a proposal to label denied objects leads to."""
    service, label = (
        Context("system_u", "system_r", "httpd_t", "s0"),
        Context("system_u", "object_r", "default_t", "s0"),
    )
    examples = tuple(
        Denial(EventId("", 1, number), "AVC", ("read",), service, label, tclass, path=path, raw_path=path)
        for number, path in enumerate(paths)
    )
    group = Group("httpd_t", "default_t", tclass, {"read": len(paths)}, len(paths), examples=examples)
    finding = Finding("unknown-place", "title", "why", (group,))
    remedy = fcontext.build(Site(finding, Proposal("fcontext", {"type": "httpd_sys_content_t"}), system))
    assert remedy is not None
    return [str(action.parameters["pattern"]) for action in remedy.actions if action.do == "fcontext-add"]


def test_one_file_means_its_directory(system: Host) -> None:
    assert patterns(system, ["/data/shop/a.html"]) == ["/data/shop(/.*)?"]


def test_a_directory_means_itself(system: Host) -> None:
    assert patterns(system, ["/data/shop/cache"], "dir") == ["/data/shop/cache(/.*)?"]


def test_two_trees_get_a_rule_each(system: Host) -> None:
    assert patterns(system, ["/data/a/x", "/srv/b/y"]) == ["/data/a(/.*)?", "/srv/b(/.*)?"]


def test_a_tree_that_has_its_own_label_keeps_it(system: Host) -> None:
    assert patterns(system, ["/etc/httpd/site.pem"]) == ["/etc/httpd/site\\.pem"]


def test_a_standard_directory_is_never_labelled_whole(system: Host) -> None:
    assert patterns(system, ["/srv/a.html"]) == ["/srv/a\\.html"]
    assert patterns(system, ["/srv"], "dir") == []


def test_too_many_trees_are_left_to_a_person(system: Host) -> None:
    assert patterns(system, [f"/d{number}/x/y" for number in range(20)]) == []


def test_a_rule_is_for_the_kind_of_file(system: Host) -> None:
    assert patterns(system, ["/srv/link"], "lnk_file") == ["/srv/link"]
