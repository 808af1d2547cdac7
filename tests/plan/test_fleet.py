"""A fleet's playbook: a host gets no remedy but one that was found for it, and Ansible accepts the files."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest
import yaml

from avcdoctor.model import TEXT, Incident, Report
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.fleet import planned
from avcdoctor.render.plans import fleet_files
from tests.apply import reports

NAMES = ("web1", "web2", "web3", "localhost", "127.0.0.1", "a[1:9]", "-i", "db.example.com")


def on(incident: Incident, hosts: int, same: Optional[int] = None, provenance: str = "kernel") -> Incident:
    groups = tuple(replace(group, host_set=hosts, provenance=provenance) for group in incident.finding.groups)
    return replace(incident, finding=replace(incident.finding, groups=groups), same_hosts=same)


def report(*incidents: Incident) -> Report:
    whole = reports.report(*incidents)
    return replace(whole, input=replace(whole.input, hosts=NAMES))


SAFE = reports.label_incident()
NEW = reports.boolean_incident()


def test_only_what_grants_nothing_new_unless_asked() -> None:
    both = report(on(SAFE, 0b11), on(NEW, 0b110))
    assert planned(both).hosts == {SAFE.id: ("web1", "web2")}
    found = planned(both, allow_review=True)
    assert found.hosts == {SAFE.id: ("web1", "web2"), NEW.id: ("web2", "web3")}
    assert planned(both).plan.skipped[0].incident == NEW.id


def test_names_that_reach_the_controller_or_are_patterns_are_left_out() -> None:
    found = planned(report(on(SAFE, 0b11111111)))
    assert found.hosts[SAFE.id] == ("db.example.com", "web1", "web2", "web3")
    assert found.refused == 4
    with pytest.raises(EmptyPlanError, match="stand in an inventory"):
        planned(report(on(SAFE, 0b01111000)))


def test_hosts_with_another_remedy_are_left_out() -> None:
    assert planned(report(on(SAFE, 0b111, same=0b101))).hosts[SAFE.id] == ("web1", "web3")


def test_what_only_text_tells_is_left_out_unless_asked() -> None:
    told = report(on(SAFE, 0b111, provenance=TEXT))
    with pytest.raises(EmptyPlanError, match="vouches"):
        planned(told)
    assert planned(told, trust_log=True).hosts[SAFE.id] == ("web1", "web2", "web3")


def test_hosts_without_names_have_no_group() -> None:
    with pytest.raises(EmptyPlanError):
        planned(report(SAFE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files, and a stand-in for the role, which comes from a collection."""
    place = tmp_path_factory.mktemp("playbook")
    whole = report(on(SAFE, 0b11), on(NEW, 0b110), on(reports.port_incident(), 0b1))
    for name, text in fleet_files(planned(whole, allow_review=True)).items():
        (place / name).write_text(text)
    role = place / "collections/ansible_collections/fedora/linux_system_roles/roles/selinux/tasks/main.yml"
    role.parent.mkdir(parents=True)
    role.write_text("---\n- name: Say what is asked\n  ansible.builtin.debug:\n    var: selinux_booleans\n")
    return place


def test_the_inventory_has_a_group_for_each_play(folder: Path) -> None:
    inventory = yaml.safe_load((folder / "inventory.yml").read_text())["all"]["children"]
    plays = yaml.safe_load((folder / "playbook.yml").read_text())
    assert [play["hosts"] for play in plays] == list(inventory)
    assert list(inventory[f"incident_{NEW.id}"]["hosts"]) == ["web2", "web3"]


def ran(folder: Path, *argv: str) -> str:
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": f"{folder}/collections", "ANSIBLE_HOME": f"{folder}/home"}
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ansible-lint"), reason="ansible-lint is not installed")
def test_ansible_accepts_it(folder: Path) -> None:
    ran(folder, "ansible-lint", "--offline", "-q", "playbook.yml")
    playbook = ("ansible-playbook", "-i", "inventory.yml", "playbook.yml")
    ran(folder, *playbook, "--syntax-check")
    told = ran(folder, *playbook, "--list-hosts")
    assert "web3" in told
    assert "localhost" not in told
    checked = ran(folder, *playbook, "--check", "-c", "local", "-e", "ansible_become=false", "-e", "gather_subset=!all")
    assert "httpd_can_network_connect_db" in checked
    assert "failed=0" in checked
