"""Containers and virtual machines: labels and categories that keep them apart from the host and each other."""

from __future__ import annotations

from typing import Optional, Tuple

from avcdoctor.access import names
from avcdoctor.access.operations import CHANGES
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import boolean, noise
from avcdoctor.diagnose.causes.constraint import level_differs
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.knowledge.domains import domain_for, in_family
from avcdoctor.model import Proposal, RuledOut

_MODULE = RuledOut("module", "an allow rule for a container domain opens the host's files to every container")
_LOWEST = "s0"
"""The level without categories, which every container reaches; what podman's :z gives a volume."""


PAGES = (
    Page(
        "category",
        "levels or categories differ",
        "Process and object have categories that don't match, as those of two containers or two virtual machines.",
        "the types are allowed, the constraint on levels refuses",
        "give the object the categories of the process; no allow rule can help",
    ),
    Page(
        "container-kernel",
        "a container needs the kernel's interfaces",
        "A container uses a device or an interface of the kernel that container domains are kept from.",
        "a container's domain, and an object of the kernel",
        "the container domain or option that is made for this device, never an unconfined container",
    ),
    Page(
        "container-socket",
        "a container uses a socket of the host",
        "The container connects to a process outside of it; whoever holds the runtime's socket holds the host.",
        "connectto or write on a socket that a process of the host made",
        "a proxy that offers the few calls needed, or a container domain of its own",
    ),
    Page(
        "container-storage",
        "the runtime's storage lies in an unknown place",
        "Images and layers were moved to a place for which the policy has no label.",
        "a container's domain, and a label that belongs to no container, on overlay or the storage's path",
        "an equivalence of the new place with /var/lib/containers, then restorecon",
    ),
    Page(
        "container-volume",
        "a volume with another label or category",
        "The volume was labelled for another container, or not for containers at all.",
        "a container's domain and a file outside the image",
        "mount with :Z for one container, :z for several",
    ),
)


@cause(90, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain what a container may not reach on its host, or nothing."""
    if not kinds.is_container_domain(case.source):
        return _runtime_without_domain(case)
    if case.target_is("container_content") and level_differs(case):
        return _other_categories(case)
    if case.tclass == "sock_file" and case.name in ("docker.sock", "podman.sock", "crio.sock", "containerd.sock"):
        return _runtime_socket(case)
    if case.tclass == "unix_stream_socket" and in_family(case.target, "session"):
        return _session_socket(case)
    kernel = _kernel_setting(case)
    if kernel is not None:
        return kernel
    if case.tclass in ("file", "dir", "lnk_file", "sock_file", "fifo_file") and not case.is_pseudo:
        meant = _meant_for_containers(case)
        if meant is not None:
            return meant
        if case.target_is("container_storage") or _looks_like_image(case):
            return _storage(case)
        if _host_content(case):
            return _volume(case)
    return None


def _runtime_without_domain(case: Case) -> Optional[Diagnosis]:
    """A container's program is to be started by a runtime that has no domain of its own."""
    starts = case.tclass == "process" and "transition" in case.permissions
    if not starts or not kinds.is_launcher(case.source) or not kinds.is_container_domain(case.target):
        return None
    steps = (
        "see what the runtime's program is labelled: `ls -Z $(command -v dockerd containerd podman)`; systemd starts "
        f"what is {facts.role('program')} in no domain of its own",
        "after relabelling restart the runtime, then the containers",
    )
    engine = facts.role("container_engine")
    return Diagnosis(
        cause="no-own-domain",
        title=f"{case.source} may not start a container: the runtime runs without a domain of its own",
        why=f"Only a container runtime's domain may start programs as {case.target}. This runtime is in {case.source}, "
        "because its program lies where container-selinux does not expect it, or lost its label.",
        root=("no-own-domain", "container runtime"),
        evidence=(f"source context: {case.source_context}",),
        ruled_out=(RuledOut("module", f"every service in {case.source} could then start containers"),),
        proposals=(
            Proposal("exec-type", {"type": engine, "place": "", "of_caller": True}),
            Proposal("domain-transition", {"steps": steps}),
            Proposal("package-update", {"package": "container-selinux"}),
        ),
        final=True,
    )


def is_kubernetes(case: Case) -> bool:
    """Whether the container is a pod's, as far as the records tell."""
    texts = [text for one in case.denials for text in (one.path, one.cwd, *(record.name for record in one.paths))]
    return any(mark in text for text in texts for mark in facts.paths("kubernetes"))


def _looks_like_image(case: Case) -> bool:
    """A program or library of the image itself, seen from inside the container."""
    if not case.target_is("image_lost"):
        return False
    stored = any(part in case.path for part in facts.paths("container storage"))
    return stored or case.path.startswith(facts.paths("image"))


def _host_content(case: Case) -> bool:
    if case.target_is("container_content") or names.is_program(case.target):
        return False
    if case.target_is("shared_temporary"):
        return _left_tmp(case)
    if case.target_is("kernel") or case.target_is("filesystem"):
        return False
    if case.target_is("host_file") and not case.target_is("container_own"):
        return True  # a file of the host's own, such as passwd_file_t
    generic = facts.is_generic(case.target) or "home" in case.target or case.target_is("host_content")
    return generic or (case.tclass in ("file", "dir") and case.target_is("host_state"))


def _left_tmp(case: Case) -> bool:
    """Whether a file with the label of /tmp is seen elsewhere: it was made there, then moved into a volume."""
    on_disk = case.denial.device not in ("", "overlay")
    return on_disk and bool(case.path) and not case.path.startswith(("/tmp/", "/var/tmp/", "/dev/", "/run/"))  # noqa: S108 - names to recognise


def _other_categories(case: Case) -> Diagnosis:
    source, target = case.source_context.level, case.target_context.level
    return Diagnosis(
        cause="category",
        title=f"{case.program} in a container may not use {case.object}: it belongs to another container",
        why=f"Container and file have the right types, but their categories differ: the container runs at {source}, "
        f"the file carries {target}. It was labelled privately (:Z) for another container, or for an earlier run of "
        "this one.",
        root=("category", case.source, target),
        next=noise.hushed(case),
        evidence=(f"level of the container: {source}", f"level of the file: {target}"),
        ruled_out=(
            RuledOut("module", "categories are a constraint; no allow rule can lift it"),
            RuledOut(
                "restorecon",
                f"{facts.role('container_file')} is customizable: restorecon leaves type and level alone without -F",
            ),
        ),
        proposals=(
            Proposal("container-label", {"level": _LOWEST, "steps": _shared_steps(case)}),
            Proposal(
                "constraint",
                {
                    "field": "level",
                    "steps": (
                        "start this container with the file's level: `--security-opt "
                        f"label=level:{words.typed(target)}`, in Kubernetes seLinuxOptions.level",
                    ),
                },
            ),
        ),
        final=True,
    )


def _shared_steps(case: Case) -> Tuple[str, ...]:
    pods = (
        "Kubernetes: pods that share it need the same securityContext.seLinuxOptions.level; a volume that is not "
        "shared gets the pod's label by itself, a hostPath never does, and :z means nothing there"
    )
    if is_kubernetes(case):
        return (pods,)
    return (
        "podman, docker: mount it with :z when several containers share it (label "
        f"{facts.role('container_file')}:{_LOWEST}), with :Z when only this one uses it (its own categories; takes it "
        "away from every other one)",
        pods,
    )


def _runtime_socket(case: Case) -> Diagnosis:
    steps = (
        "give the container what it needs by another way, such as the runtime's remote API with authentication",
        "only for a container you trust with the whole host: `--security-opt "
        f"label=type:{domain_for('container-engine')}` for this one",
    )
    return Diagnosis(
        cause="container-socket",
        title=f"a container may not use {case.shown_path}",
        why="Who may talk to the container runtime's socket is root on the host. SELinux keeps containers away from "
        "it, and relabelling the socket would open it to every container.",
        root=("runtime-socket", case.source),
        proposals=(Proposal("container-label", {"steps": steps}),),
        never=(":z or :Z on the socket: it changes the label for the host too",),
        final=True,
    )


def _session_socket(case: Case) -> Diagnosis:
    """A program in a container talks to a person's session: its display, sound or key agent."""
    steps = (
        "only for a container you trust with your session: `--security-opt "
        f"label=type:{domain_for('container-engine')}` for this one, or a policy of its own made with udica",
        "or give it what it needs by another way: keys as a secret, X11 over a nested server such as Xephyr",
    )
    return Diagnosis(
        cause="container-socket",
        title=f"{case.program} in a container may not talk to {case.shown_path or case.target}",
        why=f"The server of this socket runs in {case.target}, a person's session on the host. Who may talk to it can "
        "act there: read keys, see the screen, type. Containers are kept away from it, whatever the socket's label.",
        root=("session-socket", case.source, case.target),
        proposals=(Proposal("container-label", {"steps": steps}), Proposal("module", {})),
        never=(f"a rule for {domain_for('any-container')} as a whole: every container could then reach your session",),
    )


def _storage(case: Case) -> Diagnosis:
    """The image store or a volume directory carries a label that containers may not use."""
    in_own_root = case.denial.device == "overlay"  # no volume: the container's own files, made by the runtime
    if case.target_is("container_runtime_files") and case.permissions & CHANGES and not in_own_root:
        return Diagnosis(
            cause="container-storage",
            title=f"{case.program} in a container may not write below the runtime's own directories",
            why=f"{case.target} is for the container runtime. A volume that containers write to needs "
            f"{facts.role('container_file')}; the runtime labels its own volumes so, other directories need a rule.",
            root=("container-storage", case.source, case.target),
            proposals=(
                Proposal("fcontext", {"type": facts.role("container_file"), "place": case.path}),
                Proposal(
                    "package-update",
                    {
                        "package": "container-selinux",
                        "steps": (
                            "update container-selinux and the distribution's own module (k3s-selinux, rke2-selinux, "
                            "...), which carry label rules for their volume directories",
                        ),
                    },
                ),
                Proposal("container-label", {"steps": _shared_steps(case)}),
            ),
            ruled_out=(_MODULE,),
            final=True,
        )
    return Diagnosis(
        cause="container-storage",
        title="the container store carries labels that containers may not read",
        why=f"{case.object} belongs to an image, and images are labelled {facts.role('container_file')} or "
        f"{facts.role('container_file_read')}. "
        f"Here it is {case.target}: the store was moved, made by another tool, or container-selinux lost its rules.",
        root=("container-storage", case.source),
        ruled_out=(_MODULE,),
        proposals=(
            Proposal(
                "restorecon",
                {
                    "steps": (
                        "for root's store: `restorecon -RFv /var/lib/containers` (docker: /var/lib/docker)",
                        "for a user's store: `restorecon -RFv ~/.local/share/containers`, or `podman system reset` "
                        "to build it anew",
                        "a store in another place needs an equivalence first: `semanage fcontext -a -e "
                        "/var/lib/containers DIRECTORY`",
                    ),
                    "place": "",
                },
            ),
            Proposal("package-update", {"package": "container-selinux"}),
        ),
        final=True,
    )


def _volume_steps(case: Case) -> Tuple[str, ...]:
    engine = "podman, docker: add :Z to the volume when only this container uses it (`-v DIRECTORY:/data:Z`), :z when "
    pods = (
        "Kubernetes: :Z means nothing; kubelet labels the volumes of a pod with its seLinuxOptions, but never a "
        f"hostPath: label that directory on the node (`semanage fcontext -a -t {facts.role('container_file')} "
        "'DIRECTORY(/.*)?'`)"
    )
    return (pods,) if is_kubernetes(case) else (engine + "several share it", pods)


def _meant_for_containers(case: Case) -> Optional[Diagnosis]:
    """A directory of the host that the policy itself labels for containers: its label was lost."""
    default, sure = case.default_label(case.path) if case.path else ("", False)
    if not sure or not facts.in_group(default, "container_content") or case.allows(default) is False:
        return None
    steps = (f"on the host, if it is that directory there: `restorecon -RFv {words.typed(case.shown_path)}`",)
    return Diagnosis(
        cause="container-volume",
        title=f"{case.program} in a container may not use {case.object}: it lost its label",
        why=f"{case.shown_path} is {default} by the policy's own file contexts, a place that is meant for containers. "
        f"Here it is {case.target}.",
        root=("container-volume", case.source, case.target),
        evidence=(f"label seen: {case.target}", f"default label of {case.shown_path}: {default}"),
        ruled_out=(_MODULE,),
        proposals=(
            Proposal("restorecon", {"place": "", "type": default, "steps": steps}),
            Proposal("container-label", {"steps": _volume_steps(case)}),
        ),
        final=True,
    )


def _kernel_setting(case: Case) -> Optional[Diagnosis]:
    """A container would change what belongs to the host's kernel; such files can't be labelled for it."""
    writes = case.permissions & CHANGES
    if not writes or not case.target_is("kernel") or case.tclass not in ("file", "dir"):
        return None
    if boolean.proposals(case):
        return None  # the policy has an option for just this
    steps = (
        "set it on the host, where it lasts: /etc/sysctl.d for /proc/sys, a unit or tmpfiles.d for /sys; in Kubernetes "
        "securityContext.sysctls",
    )
    trusted = (
        "only for a container you trust with the host's kernel: a policy of its own made with udica, given by "
        "`--security-opt label=type:NAME.process`, in Kubernetes seLinuxOptions.type",
    )
    return Diagnosis(
        cause="container-kernel",
        title=f"{case.program} in a container may not change {case.shown_path or case.target} of the host's kernel",
        why=f"{case.target} is the kernel's own, the same for the host and all containers. Files there carry no label "
        "that could be changed: no :Z and no restorecon helps.",
        root=("container-kernel", case.source, case.target),
        ruled_out=(RuledOut("fcontext", "the kernel makes such files up"), RuledOut("restorecon", "likewise")),
        proposals=(
            Proposal("app-fix", {"steps": steps}),
            Proposal("container-label", {"steps": trusted}),
            Proposal("module", {}),
        ),
    )


def _own_directory(case: Case) -> Tuple[str, ...]:
    """What to do where a directory with the host's label may be the container's own all the same."""
    if not case.target_is("site_data"):
        return ()
    return ("a directory made for this container, such as one below /srv: mount it with :Z (:z if several share it)",)


def _volume(case: Case) -> Diagnosis:
    whole_tree = case.target_is("host_tree")
    if whole_tree and is_kubernetes(case):
        steps: Tuple[str, ...] = (
            f"Kubernetes: {case.target} belongs to the host, and kubelet never relabels a hostPath. Use a volume of "
            "the pod's own (emptyDir, a claim), or a directory of its own on the node, labelled "
            f"{facts.role('container_file')}",
        )
    elif whole_tree:
        steps = (
            *_own_directory(case),
            f"{case.target} belongs to the host: don't relabel it. Copy what the container needs into a directory of "
            "its own, and mount that with :Z",
            "for a container that must read the host, generate a policy of its own with udica",
        )
    else:
        steps = _volume_steps(case)
    rule = Proposal("fcontext", {"type": facts.role("container_file"), "place": ""})
    label = Proposal("container-label", {"steps": steps})
    return Diagnosis(
        cause="container-volume",
        title=f"{case.program} in a container may not use {case.object} of the host",
        why=f"A directory of the host is mounted into the container but keeps the host's label, {case.target}. "
        f"Containers may use {facts.role('container_file')} only, so that one that is broken into can't read the host.",
        root=("container-volume", case.source, case.target),
        ruled_out=(_MODULE,),
        proposals=(label,) if whole_tree else (label, rule),
        warnings=(
            ":z and :Z relabel the whole directory on the host; never use them on /home, /etc, /usr, /var or another "
            "directory that host programs need",
        ),
        final=True,
    )
