"""Hosts are judged by their own policy: classes by an inventory, and verdicts of several policies joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor import api
from avcdoctor.errors import InputError
from avcdoctor.fleet.classes import Assignment, classes_of, hosts_of, inventory, judged
from avcdoctor.fleet.sources import find
from avcdoctor.fleet.work import work
from avcdoctor.host import Host
from tests.fleet.hosts import folder_of

DEBIAN = max(Path("/etc/selinux/default/policy").glob("policy.*"), default=Path("/nonexistent"))


def test_an_inventory(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text("hosts:\n  - {match: 'web*', policy: reference, group: web}\n  - {match: '*', root: /mnt}\n")
    assert inventory(path) == (Assignment("web*", "reference", "", "web"), Assignment("*", "", "/mnt"))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "hosts: 3", "hosts: [3]", "hosts: [{policy: x}]", "hosts: [{match: x, policy: a, root: b}]", "a: ["],
)
def test_what_is_no_inventory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(text)
    with pytest.raises(InputError):
        inventory(path)


def test_policies_with_the_same_bytes_are_one_class(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("same")
    rules = [Assignment("a*", str(tmp_path / "a")), Assignment("b*", str(tmp_path / "b"))]
    [one] = classes_of(["a1", "b1", "b2"], rules, "", "")
    assert one.count == 3


@pytest.mark.policy
def test_two_policies_judge_their_own_hosts(tmp_path: Path, debian_system: Host) -> None:
    part = work(find([str(folder_of(tmp_path, 8))])[0])
    names = part.gathered.grouper.hosts()
    rules = [Assignment("web[0-3]", "reference", group="small"), Assignment("*", str(DEBIAN), group="debian")]
    classes = classes_of(names, rules, "", "")
    assert sorted(one.count for one in classes) == [4, 4]
    report = judged(part, classes, api.knowledge())
    assert sum(incident.denials for incident in report.incidents) == 8 * 40
    assert max(hosts_of(incident) for incident in report.incidents) == 8
    both = [one for one in report.incidents if hosts_of(one) == 8]
    assert any("judged so by" in text for text in both[0].finding.evidence)
    assert any("policies" in remedy.simulation.why for remedy in both[0].remedies)
    whole = {group.key: group for group in part.gathered.reading().groups}
    for group in (group for incident in both for group in incident.finding.groups):
        assert group.permissions == whole[group.key].permissions
        assert group.times == whole[group.key].times


def test_one_class_is_one_explanation(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 5)
    part = work(find([str(folder)])[0])
    names = part.gathered.grouper.hosts()
    report = judged(part, classes_of(names, (), "reference", ""), api.knowledge())
    alone = api.explain([str(one) for one in sorted(folder.rglob("audit.log"))], policy="reference")
    assert sorted((one.id, one.denials) for one in report.incidents) == sorted(
        (one.id, one.denials) for one in alone.incidents
    )
