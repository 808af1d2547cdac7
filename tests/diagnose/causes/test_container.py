"""Containers: categories, volumes, the runtime's socket and store; never an allow rule for a container's domain."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, words_of
from tests.machines import system_at

INSIDE = "system_u:system_r:container_t:s0:c1,c2"
OTHERS = denied(
    INSIDE, "system_u:object_r:container_file_t:s0:c3,c4", "file", "read open", comm="nginx", path="/data/a"
)
VOLUME = denied(INSIDE, "user_home_t", "file", "read open", comm="nginx", path="/home/jo/site/index.html")
SOCKET = denied(INSIDE, "container_var_run_t", "sock_file", "write", comm="agent", name="docker.sock")
STORE = denied(
    INSIDE, "container_var_lib_t", "file", "read open", comm="sh", path="/var/lib/containers/storage/a/bin/sh"
)
WRITING = denied(INSIDE, "container_var_lib_t", "dir", "write add_name", comm="sh", path="/var/lib/vendor/volume")


@pytest.mark.parametrize(
    ("log", "cause", "kind"),
    [
        (OTHERS, "category", "container-label"),
        (VOLUME, "container-volume", "container-label"),
        (SOCKET, "container-socket", "container-label"),
        (STORE, "container-storage", "restorecon"),
        (WRITING, "container-storage", "fcontext"),
    ],
    ids=["category", "volume", "socket", "store", "writing"],
)
def test_each_case_and_no_rule_for_it(system: Host, log: str, cause: str, kind: str) -> None:
    incident = diagnosed(log, system)
    assert incident.finding.cause == cause
    assert kinds(incident)[0] == kind
    assert "module" not in kinds(incident)


def test_categories_name_both_levels_and_both_ways_to_share(system: Host) -> None:
    incident = diagnosed(OTHERS, system)
    words = words_of(incident)
    assert "s0:c1,c2" in words
    assert "s0:c3,c4" in words
    assert ":z" in words
    assert ":Z" in words
    assert "constraint" in kinds(incident)


def test_a_volume_warns_of_relabelling_what_the_host_needs(system: Host) -> None:
    warned = " ".join(diagnosed(VOLUME, system).finding.warnings)
    assert "/etc" in warned
    assert "/home" in warned


@pytest.mark.parametrize(("target", "path"), [("home_root_t", "/home"), ("etc_t", "/etc/app.conf"), ("usr_t", "/usr")])
def test_the_host_s_own_trees_are_never_relabelled(system: Host, target: str, path: str) -> None:
    incident = diagnosed(denied(INSIDE, target, "dir", "read", comm="ls", path=path), system)
    assert "fcontext" not in kinds(incident)
    assert f"{target} belongs to the host" in words_of(incident)


def test_a_directory_below_srv_may_be_the_container_s_own(system: Host) -> None:
    own = "a directory made for this container"
    assert own in words_of(diagnosed(denied(INSIDE, "var_t", "file", "read", comm="cat", name="file"), system))
    assert own not in words_of(diagnosed(denied(INSIDE, "etc_t", "file", "read", comm="cat", name="file"), system))


def test_the_runtime_s_socket_is_never_relabelled(system: Host) -> None:
    incident = diagnosed(SOCKET, system)
    assert not {"restorecon", "fcontext", "module"} & set(kinds(incident))
    assert ":z" in " ".join(incident.finding.never)


def test_the_same_categories_are_no_cause(system: Host) -> None:
    log = denied(INSIDE, "system_u:object_r:container_file_t:s0:c1,c2", "file", "entrypoint", comm="a", path="/data/a")
    assert diagnosed(log, system).finding.cause != "category"


@pytest.mark.parametrize("domain", ["redis_t", "container_runtime_t"])
def test_services_and_the_runtime_itself_are_no_containers(system: Host, domain: str) -> None:
    log = denied(domain, "user_home_t", "file", "read", comm="x", path="/home/jo/site/a")
    assert not diagnosed(log, system).finding.cause.startswith("container")


def test_another_socket_is_not_the_runtime_s(system: Host) -> None:
    log = denied(INSIDE, "postgresql_var_run_t", "sock_file", "write", comm="app", name=".s.PGSQL.5432")
    assert diagnosed(log, system).finding.cause != "container-socket"


def test_a_person_s_session_is_not_for_containers(no_policy: Host) -> None:
    log = denied(
        "system_u:system_r:container_t:s0:c1,c2",
        "unconfined_u:unconfined_r:unconfined_t:s0",
        "unix_stream_socket",
        "connectto",
        comm="ssh",
        path="/run/user/1000/keyring/ssh",
    )
    incident = diagnosed(log, no_policy)
    assert incident.finding.cause == "container-socket"
    assert kinds(incident)[0] == "container-label"


@pytest.mark.parametrize(("path", "device", "volume"), [("/data/a.txt", "dm-0", True), ("/tmp/a.txt", "dm-0", False)])
def test_a_file_of_tmp_in_a_volume_is_the_volume_s_matter(
    no_policy: Host, path: str, device: str, volume: bool
) -> None:
    log = denied("container_t", "user_tmp_t", "file", "open", comm="app", path=path, dev=device, ino=9)
    assert (diagnosed(log, no_policy).finding.cause == "container-volume") is volume


def test_a_configuration_mounted_into_an_image_is_a_volume(no_policy: Host) -> None:
    log = denied(INSIDE, "default_t", "file", "read", comm="nginx", path="/etc/nginx/nginx.conf", dev="dm-0", ino=9)
    incident = diagnosed(log, no_policy)
    assert incident.finding.cause == "container-volume"
    assert not any("/etc/nginx" in part for one in incident.remedies for step in one.actions for part in step.argv)


def test_a_program_of_the_image_is_the_store_s_matter(no_policy: Host) -> None:
    log = denied(INSIDE, "var_lib_t", "file", "read", comm="date", path="/lib/ld-musl-x86_64.so.1", dev="dm-0", ino=9)
    assert diagnosed(log, no_policy).finding.cause == "container-storage"


def test_a_pod_s_volume_is_told_in_kubernetes_words(no_policy: Host) -> None:
    path = "/var/lib/kubelet/pods/1/volumes/kubernetes.io~empty-dir/a"
    words = words_of(diagnosed(denied(INSIDE, "var_t", "dir", "write", comm="app", path=path), no_policy))
    assert "Kubernetes" in words
    assert "podman" not in words


def test_the_kernel_s_settings_are_set_on_the_host(no_policy: Host) -> None:
    path = "/sys/kernel/mm/transparent_hugepage/enabled"
    incident = diagnosed(denied(INSIDE, "sysfs_t", "file", "write", comm="app", path=path, dev="sysfs"), no_policy)
    assert incident.finding.cause == "container-kernel"
    assert not {"restorecon", "fcontext"} & set(kinds(incident))
    reading = diagnosed(denied(INSIDE, "sysfs_t", "file", "read", comm="app", path=path, dev="sysfs"), no_policy)
    assert reading.finding.cause != "container-kernel"


@pytest.mark.parametrize(("device", "kind"), [("overlay", "restorecon"), ("dm-0", "fcontext")])
def test_a_container_s_own_files_with_a_wrong_label_are_the_store_s_matter(
    system: Host, device: str, kind: str
) -> None:
    log = denied(INSIDE, "container_var_lib_t", "file", "write", comm="mysqld", path="/opt/db/data/tc.log", dev=device)
    incident = diagnosed(log, system)
    assert kinds(incident)[0] == kind
    assert "module" not in kinds(incident)


def test_a_place_that_the_policy_means_for_containers_gets_its_label_back(system: Host) -> None:
    path = "/var/lib/containers/storage/volumes/web/_data/site"
    incident = diagnosed(denied(INSIDE, "var_lib_t", "file", "read open", comm="app", path=path, dev="dm-0"), system)
    assert kinds(incident)[0] == "restorecon"
    assert "container_file_t" in " ".join(incident.finding.evidence)


def test_a_place_of_the_host_s_own_is_not_for_containers(system: Host) -> None:
    log = denied(INSIDE, "var_lib_t", "file", "read open", comm="app", path="/var/lib/other/data", dev="dm-0")
    assert kinds(diagnosed(log, system))[0] == "container-label"


@pytest.mark.parametrize(
    ("source", "target", "starts"),
    [
        ("unconfined_service_t", INSIDE, True),
        ("container_runtime_t", INSIDE, False),
        ("unconfined_service_t", "system_u:system_r:ping_t:s0", False),
    ],
    ids=["a runtime without a domain", "the runtime", "another program"],
)
def test_a_runtime_needs_a_domain_of_its_own_to_start_containers(
    system: Host, source: str, target: str, starts: bool
) -> None:
    incident = diagnosed(denied(source, target, "process", "transition", comm="exe", path="/bin/echo"), system)
    assert (incident.finding.cause == "no-own-domain") is starts
    assert not starts or kinds(incident)[0] == "exec-type"
    assert not starts or "module" not in kinds(incident)


def test_what_the_policy_would_not_log_of_other_categories_is_told(
    system: Host, tmp_path_factory: pytest.TempPathFactory
) -> None:
    silent = system_at(
        tmp_path_factory.mktemp("silent"), "(dontaudit container_t container_file_t (dir (search open read)))"
    )
    told = diagnosed(OTHERS, silent).finding.next
    assert "semodule -DB" in told
    assert "on dir" in told
    assert "semodule" not in diagnosed(OTHERS, system).finding.next
