"""Labels that come from the mount: network file systems, FUSE, sticks, discs."""

from __future__ import annotations

from typing import Optional

from avcdoctor.diagnose import places
from avcdoctor.diagnose.case import FILE_CLASSES, Case, Diagnosis
from avcdoctor.diagnose.causes import boolean
from avcdoctor.model import Proposal, RuledOut

_FILESYSTEMS = {
    "nfs_t": "an NFS mount",
    "cifs_t": "a CIFS (Samba) mount",
    "fusefs_t": "a FUSE mount",
    "dosfs_t": "a FAT or exFAT file system",
    "iso9660_t": "a CD or an ISO image",
    "removable_t": "a removable device",
    "hgfs_t": "a VMware shared folder",
    "vboxsf_t": "a VirtualBox shared folder",
    "ecryptfs_t": "an eCryptfs mount",
    "glusterd_t": "a GlusterFS mount",
    "cephfs_t": "a Ceph mount",
    "vmblock_t": "a VMware mount",
    "ntfs_t": "an NTFS file system",
}
_NO_OPTION = "/sys/"


def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain that one label holds for a whole mount, or nothing."""
    what = _FILESYSTEMS.get(case.target)
    if case.target == "dosfs_t" and case.denial.device.startswith("dm-"):
        return None  # a label brought along from a stick: see wrong_label
    if what is None or case.tclass not in FILE_CLASSES or case.shown_path.startswith(_NO_OPTION):
        return None
    proposals = boolean.proposals(case, 2)
    type_ = next((one for one in (*places.candidates(case), "public_content_t") if case.allows(one)), "TYPE")
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
    gap = [Proposal("policy-update", {}), Proposal("module", {"whole": True})]
    order = [*proposals, mount, *gap, copy] if proposals else [mount, copy, *gap]
    if case.target == "nfs_t" and not proposals:
        order = [Proposal("policy-update", {}), mount, gap[1]]
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
