"""Labels that come from the mount: network file systems, FUSE, sticks, discs."""

from __future__ import annotations

from typing import List, Optional

from avcdoctor.access.operations import FILES
from avcdoctor.diagnose import kinds, places
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import boolean
from avcdoctor.diagnose.causes.container import is_kubernetes
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts, tables
from avcdoctor.model import Proposal, RuledOut

_NO_OPTION = "/sys/"


PAGES = (
    Page(
        "mount-label",
        "the label comes from the mount",
        "Files on this file system have no labels of their own.",
        "a type such as nfs_t or cifs_t, or a device that holds no labels",
        "the boolean for that file system, or mount it with context=",
    ),
)


@cause(160, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain that one label holds for a whole mount, or nothing."""
    what = _mounted(case)
    if case.target_is("fat") and case.denial.device.startswith("dm-"):
        return None  # a label brought along from a stick: see wrong_label
    if case.target_is("fat") and case.source_is("boot"):
        return None  # the firmware's partition: the system's own tools work on it under just this label
    if not what or case.tclass not in FILES or case.shown_path.startswith(_NO_OPTION):
        return None
    proposals = boolean.proposals(case, 2)
    if case.tclass in ("file", "dir") and not proposals and case.local and case.allows(case.target):
        return None  # the policy at hand allows it: the mount's label is no obstacle there
    inside = kinds.is_container_domain(case.source)
    known = (facts.role("container_file"),) if inside else (*places.candidates(case), facts.role("public_content"))
    type_ = next((one for one in known if case.allows(one)), "TYPE")
    context = f"context=system_u:object_r:{type_}:s0"
    mount = Proposal(
        "mount-option",
        {
            "steps": (
                f"mount it with a label {case.source} may use, such as `-o {context}` (in /etc/fstab to make it "
                "last); one label then holds for all files of the mount",
            )
        },
    )
    copy = Proposal("move", {"steps": ("or copy the files to a local disk, where each gets its own label",)})
    package = facts.policy_package(case.source)
    newer = Proposal("package-update", {"package": package}) if package else Proposal("policy-update", {})
    gap = [newer, Proposal("module", {})]
    order = [*proposals, mount, *gap, copy] if proposals else [mount, copy, *gap]
    if case.tclass not in ("file", "dir") and not _covered(case, proposals):
        order = [*gap, mount]  # files may be used there already, or by an option: this kind of file was forgotten
    elif case.target_is("network_files") and not proposals:
        order = [newer, mount, gap[1]]
    if inside:
        order = [*order[:1], *_in_kubernetes(case), *order[1:]]
    return Diagnosis(
        cause="mount-label",
        title=f"{case.described()}: it lies on {what}",
        why=f"Files on {what} carry no labels of their own: all of them are {case.target}, by the mount. restorecon "
        "can't change that; the mount's context= option or a boolean can.",
        root=("mount", case.source, case.target),
        ruled_out=(
            RuledOut("restorecon", f"{what} does not keep labels"),
            RuledOut("fcontext", f"{what} does not keep labels"),
        ),
        proposals=tuple(order),
    )


def _mounted(case: Case) -> str:
    """What kind of mount the object lies on, by its label or by the name of the mount's device; "" for none."""
    table = tables.document("filesystems.yaml")
    unlabelled = case.target_is("no_place")
    return table["labels"].get(case.target, "") or (table["devices"].get(case.denial.device, "") if unlabelled else "")


def _covered(case: Case, options: List[Proposal]) -> bool:
    """Whether a boolean was found that a policy says to allow this very class."""
    return bool(options) and case.local


def _in_kubernetes(case: Case) -> List[Proposal]:
    if not is_kubernetes(case):
        return []
    steps = (
        "a CSI driver with `seLinuxMount: true` mounts the volume with the pod's label: give the pod "
        "securityContext.seLinuxOptions.level",
    )
    return [Proposal("container-label", {"steps": steps})]
