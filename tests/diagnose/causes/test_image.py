"""Systems with their policy in the image: told by types or by os-release, and given only advice that exists there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from avcdoctor.host import Host, open_host
from avcdoctor.model import Incident
from tests.denials import denied, diagnosed, explained, kinds, words_of
from tests.machines import system_at

ABSENT = ("dnf", "apt", "semanage", "restorecon", "semodule", "setsebool")
"""Commands that systems without package manager and shell have not."""

TALOS = denied("pod_t", "ephemeral_t", "dir", "relabelfrom", comm="containerd", name="etc", dev="vda4", ino=12)
BOTTLEROCKET = denied(
    "system_u:system_r:container_t:s0:c1,c2",
    "api_socket_t",
    "sock_file",
    "write",
    comm="agent",
    name="api.sock",
    dev="tmpfs",
    ino=9,
)
PLAIN = denied("container_t", "secret_t", "dir", "search", comm="agent", name="x", dev="nvme1", ino=9, serial=3)
CONTENT = denied("httpd_t", "user_home_t", "file", "read", comm="httpd", name="index.html", dev="vda4", ino=5)


@pytest.fixture
def nameless(tmp_path: Path) -> Host:
    """A root without os-release, so that the log alone tells the system."""
    host = system_at(tmp_path / "root")
    (host.root / "etc" / "os-release").unlink()
    return host


def called(tmp_path: Path, release: str) -> Host:
    """A root whose os-release holds these lines, and no policy, as on systems that bring it otherwise."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_text(release)
    return open_host(root=str(tmp_path))


def expect(incident: Incident, name: str, *remedies: str) -> None:
    """An incident is put down to a system's own policy, and told no command that the system lacks."""
    assert incident.finding.cause == "image-policy"
    assert name in incident.finding.title
    assert kinds(incident) == list(remedies)
    told = [str(value) for one in incident.remedies for action in one.actions for value in action.parameters.values()]
    assert told and not set(ABSENT) & set(re.findall(r"\w+", " ".join(told)))


def test_talos_by_its_types(nameless: Host) -> None:
    expect(diagnosed(TALOS, nameless), "Talos", "app-fix", "policy-update")


def test_a_domain_that_talos_shares_with_others_is_not_enough(nameless: Host) -> None:
    log = denied("kubelet_t", "etc_t", "file", "write", comm="kubelet", name="x", dev="vda4", ino=12)
    assert diagnosed(log, nameless).finding.cause != "image-policy"


def test_bottlerocket_by_its_types(nameless: Host) -> None:
    incident = diagnosed(BOTTLEROCKET, nameless)
    expect(incident, "Bottlerocket", "app-fix", "policy-update")
    assert "seLinuxOptions" in words_of(incident)


def test_pods_of_bottlerocket_that_share_files_need_one_level(nameless: Host) -> None:
    log = denied(
        "system_u:system_r:container_t:s0:c1,c2", "system_u:object_r:data_t:s0:c3,c4", "dir", "search", name="x"
    )
    expect(diagnosed(log, nameless), "Bottlerocket", "constraint")


def test_a_container_elsewhere_is_not_bottlerocket_s(nameless: Host) -> None:
    log = denied("container_t", "etc_t", "file", "read", comm="agent", name="x", dev="vda4", ino=9)
    assert diagnosed(log, nameless).finding.cause != "image-policy"


def test_a_type_of_that_name_beside_a_domain_of_another_policy_is_not_bottlerocket_s(nameless: Host) -> None:
    log = denied("httpd_t", "data_t", "file", "read", comm="httpd", name="x", dev="vda4", ino=9)
    assert diagnosed(log, nameless).finding.cause != "image-policy"


def test_a_plain_name_tells_bottlerocket_only_with_more(nameless: Host) -> None:
    assert diagnosed(PLAIN, nameless).finding.cause != "image-policy"
    data = denied("container_t", "data_t", "dir", "search", comm="agent", name="y", dev="nvme1", ino=8, serial=4)
    assert {one.finding.cause for one in explained(PLAIN + data, nameless).incidents} & {"image-policy"} == set()
    assert {one.finding.cause for one in explained(PLAIN + BOTTLEROCKET, nameless).incidents} == {"image-policy"}


def test_types_of_a_policy_at_hand_that_has_others_too_are_its_own(tmp_path: Path) -> None:
    host = system_at(tmp_path / "root", "(type api_socket_t)(roletype object_r api_socket_t)")
    (host.root / "etc" / "os-release").unlink()
    assert diagnosed(BOTTLEROCKET, open_host(root=str(host.root))).finding.cause != "image-policy"


def test_newer_domains_of_talos(nameless: Host) -> None:
    log = denied("sandboxd_t", "system_run_t", "dir", "write", comm="sandboxd", name="x", dev="tmpfs", ino=12)
    expect(diagnosed(log, nameless), "Talos", "app-fix", "policy-update")


def test_what_the_rest_of_the_log_tells_holds_for_types_that_others_have_too(nameless: Host) -> None:
    shared = denied("container_t", "container_t", "process", "signull", comm="kill", serial=2)
    causes = [one.finding.cause for one in explained(BOTTLEROCKET + shared, nameless).incidents]
    assert causes == ["image-policy", "image-policy"]
    mixed = explained(BOTTLEROCKET + shared + CONTENT.replace(":1)", ":3)"), nameless)
    assert [one.finding.cause for one in mixed.incidents].count("image-policy") == 1


def test_os_release_goes_before_the_types(tmp_path: Path) -> None:
    assert diagnosed(BOTTLEROCKET, called(tmp_path, "ID=fedora\n")).finding.cause != "image-policy"


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("ID=talos\n", "Talos"),
        ("ID=bottlerocket\nVARIANT_ID=aws-k8s-1.33\n", "Bottlerocket"),
        ("ID=flatcar\nID_LIKE=coreos\n", "Flatcar"),
    ],
)
def test_a_root_says_what_it_is(tmp_path: Path, release: str, name: str) -> None:
    host = called(tmp_path, release)
    expect(diagnosed(CONTENT, host), name, "app-fix", "policy-update")
    assert not explained(CONTENT, host).warnings


def test_coreos_keeps_the_usual_advice_and_says_how_its_packages_come(tmp_path: Path) -> None:
    plain, coreos = tmp_path / "plain", tmp_path / "coreos"
    for folder in (plain, coreos):
        folder.mkdir()
    usual = explained(CONTENT, called(plain, "ID=fedora\nVARIANT_ID=server\n"))
    here = explained(CONTENT, called(coreos, 'ID=fedora\nVARIANT_ID="coreos"\n'))
    assert not usual.warnings
    assert any("rpm-ostree" in one for one in here.warnings)
    assert [kinds(one) for one in here.incidents] == [kinds(one) for one in usual.incidents]


def test_a_node_of_openshift_is_told_of_its_machine_config(tmp_path: Path) -> None:
    host = called(tmp_path, 'ID="rhcos"\nID_LIKE="rhel fedora"\nVARIANT_ID=coreos\n')
    told = " ".join(explained(CONTENT, host).warnings)
    assert "MachineConfig" in told and "rpm-ostree" not in told
