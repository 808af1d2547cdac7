"""Labels that differ from the policy's default for a path: what `mv`, `cp -a` and tar leave behind."""

from __future__ import annotations

from typing import Optional, Union

from avcdoctor.access import names
from avcdoctor.access.operations import FILES
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.places import areas, basename_default, own_place_near
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut, safe_text

HOW_MUCH = (
    f"see how much there is: `find / -context '*:{names.UNLABELED}:*'`; a whole file system without labels is "
    "relabelled at the next start after `touch /.autorelabel`",
)
"""What to look at beside the one object that was seen without a label."""

PAGES = (
    Page(
        "symlinked-place",
        "the way leads through a link",
        "The path goes through a symbolic link whose label the domain may not read.",
        "lnk_file and read",
        "label the link, or configure the real path",
    ),
    Page(
        "wrong-label",
        "a file with the wrong label",
        "The file was moved or unpacked with its old label; the policy has another one for its path.",
        "the path's default label differs from the one it carries, and would be allowed",
        "restorecon",
    ),
)


@cause(170, *PAGES)
def diagnose(case: Case) -> Union[Diagnosis, RuledOut, None]:
    """Compare the label with the default for the object's path, or with what its name and service tell."""
    if case.tclass not in FILES or case.is_pseudo or kinds.is_container_domain(case.source):
        return None  # a container's paths are not the host's
    if case.path:
        return _by_path(case)
    return _by_name(case) or _below_its_area(case) or _carried(case) or _own_area(case)


def _by_path(case: Case) -> Union[Diagnosis, RuledOut, None]:
    path = case.path
    default, sure = case.default_label(path)
    if not default:
        return RuledOut("restorecon", f"the policy has no default label for {case.shown_path}") if sure else None
    if default == case.target:
        return RuledOut("restorecon", f"{default} is that path's default")
    if _in_a_private_root(case):
        return RuledOut("restorecon", f"{case.shown_path} lies in a root of the process's own, not in the system's")
    if default == facts.role("no_default"):
        return RuledOut("restorecon", f"that path has no default label of its own: it would become {default}")
    if _is_same_kind(case, default):
        return None
    if not case.own_log and facts.is_generic(default) and not _plausible(case):
        return None  # a type of its own is no accident: the log's policy has one for that path, the one at hand not
    allowed = case.allows(default)
    if allowed is False:
        return RuledOut("restorecon", f"the default label {default} would not be allowed either")
    if (allowed is None or not case.local) and not _plausible(case):
        return None
    return _relabel(
        case, default, f"default label of {case.shown_path}: {default}" + ("" if sure else " (our own table)")
    )


def _in_a_private_root(case: Case) -> bool:
    """Whether a mount point such as /sys lies on a disk, or / on layers: it is that of a root put together for it."""
    top = case.path.rstrip("/") in ("", "/proc", "/sys", "/dev", "/run") and case.path != ""
    return top and case.denial.device == "overlay" and "mounton" in case.permissions


def _is_same_kind(case: Case, default: str) -> bool:
    """Different policies name the same type differently: compare what the policy at hand resolves."""
    policy = case.host.policy
    return policy is not None and policy.resolve(default) == policy.resolve(case.target)


def _plausible(case: Case) -> bool:
    """Labels of another policy than the log's: believe a difference only where the label seen belongs to nobody
    there."""
    return case.target_is("carried") or facts.is_generic(case.target)


def _relabel(case: Case, default: str, proof: str, place: Optional[str] = None) -> Diagnosis:
    shown = case.shown_path or case.shown_name
    if case.target == names.UNLABELED:
        return _put_on(case, default, proof, case.path if place is None else place)
    how = (
        "moved or copied there with its old label"
        if case.target_is("carried")
        else "made or moved there without the right label"
    )
    return Diagnosis(
        cause="wrong-label",
        title=f"{case.described()}: it carries the wrong label",
        why=f"{shown} is labelled {case.target}; the policy wants {default} there. It was {how} (`mv`, `cp -a` and "
        f"tar keep labels). {_with(case, default)}",
        root=("label", case.source, case.target),
        evidence=(f"label seen: {case.target}", proof),
        next=words.next_step(case.tclass, case.permissions),
        proposals=(Proposal("restorecon", {"place": case.path if place is None else place, "type": default}),),
    )


def _with(case: Case, default: str) -> str:
    """What the label would change, as far as a policy at hand can tell."""
    if case.allows(default) is None:
        return f"Whether {case.source} may use {default} no policy at hand tells."
    return f"With {default} {case.source} may use it."


def _put_on(case: Case, default: str, proof: str, place: str) -> Diagnosis:
    """No label at all, where the policy has one for the path."""
    shown = case.shown_path or case.shown_name
    return Diagnosis(
        cause="wrong-label",
        title=f"{case.described()}: it carries no label",
        why=f"{shown} is {case.target}, which stands for no label: it was made or restored while SELinux was off, came "
        f"from another system, or a tool left its label out. The policy wants {default} there. {_with(case, default)}",
        root=("label", case.source, case.target),
        evidence=(f"label seen: {case.target}", proof),
        next=words.next_step(case.tclass, case.permissions),
        proposals=(Proposal("restorecon", {"place": place, "type": default, "steps": HOW_MUCH}),),
    )


def _by_name(case: Case) -> Optional[Diagnosis]:
    """Only the last component is known: a file of that very name has its own default label."""
    if not case.name or case.tclass not in ("file", "lnk_file", "sock_file", "fifo_file"):
        return None
    if "create" in case.permissions:
        return None  # there is no such file yet
    if not case.target_is("carried") and not facts.is_generic(case.target):
        return None
    found = basename_default(case)
    if found is None:
        return None
    type_, place = found
    proof = f"a file named {case.shown_name} is {type_} by default ({place})"
    return _relabel(case, type_, proof, place if place.startswith("/") else "")


def _below_its_area(case: Case) -> Optional[Diagnosis]:
    """Guess the path from the generic label (var_spool_t: /var/spool/NAME), and compare with its default label."""
    if case.tclass not in ("dir", "file") or not case.name or "create" in case.permissions or case.name in (".", ".."):
        return None
    for area in areas(case.target):
        path = area + case.name
        default, _sure = case.default_label(path)
        told = default and default != case.target and not facts.is_generic(default) and not _is_same_kind(case, default)
        known = case.is_own(default) or case.allows(default) or facts.is_sure(path)
        if told and known and case.allows(default) is not False:
            proof = f"{safe_text(path)} is {default} by default, and {case.target} the label of the directory above"
            return _relabel(case, default, proof, path)
    return None


def _carried(case: Case) -> Optional[Diagnosis]:
    """A service meets a label of a home directory, a stick or /tmp on a file that can't lie there."""
    brought = case.target_is("brought")
    if not brought or kinds.is_confined_user(case.source):
        return None
    if case.tclass not in ("file", "lnk_file") or not (kinds.launcher_or_service(case.source)):
        return None
    if kinds.serves_homes(case.source) and case.target_is("home_content"):
        return None  # people's homes are what it is there for: the file hardly lies anywhere else
    if case.target_is("fat") and not case.denial.device.startswith("dm-"):
        return None  # FAT itself; a mapped device (LVM, LUKS) hardly ever holds one
    return Diagnosis(
        cause="wrong-label",
        title=f"{case.described()}: it still carries the label of where it came from",
        why=f"{case.shown_name or 'The file'} is labelled {case.target}. A file that was made in a home directory (or "
        "on a stick) and moved to its place keeps that label; services may not use it.",
        root=("label", case.source, case.target),
        evidence=(f"label seen: {case.target}", f"inode {case.denial.inode} on {case.denial.device}"),
        next=words.next_step(case.tclass, case.permissions),
        proposals=(
            Proposal("restorecon", {"place": ""}),
            Proposal(
                "move",
                {
                    "steps": (
                        "if it really lies in a home directory: move it where services keep such files, then "
                        "restorecon",
                    )
                },
            ),
        ),
    )


def _own_area(case: Case) -> Optional[Diagnosis]:
    """A generic label where the service has a place of its own below the same directory."""
    if not facts.is_generic(case.target):
        return None
    place = own_place_near(case, links=case.tclass == "lnk_file")
    if place is None:
        return None
    type_, path = place
    if case.tclass == "lnk_file":
        return _symlinked(case, type_, path)
    return Diagnosis(
        cause="wrong-label",
        title=f"{case.described()}: it carries the label of the directory above",
        why=f"{case.shown_name or 'The object'} is {case.target}, which belongs to no service. {case.source}'s own "
        f"files below the same directory are {type_} ({path}). Files made there by hand, or by a tool that keeps "
        "labels, miss it.",
        root=("label", case.source, case.target),
        evidence=(f"label seen: {case.target}", f"the service's own place: {path} is {type_}"),
        next=words.next_step(case.tclass, case.permissions),
        proposals=(
            Proposal("restorecon", {"place": "", "tree": path, "type": type_}),
            Proposal("fcontext", {"type": type_, "place": ""}),
        ),
    )


def in_home(path: str) -> bool:
    """Whether a path lies in a home directory."""
    return path.startswith(facts.paths("homes"))


def in_tmp(path: str) -> bool:
    """Whether a path lies in a directory for temporary files."""
    return path.startswith(facts.paths("temporary"))


def _symlinked(case: Case, type_: str, path: str) -> Diagnosis:
    """The service's own directory was replaced by a symbolic link, which it may not follow."""
    steps = (
        "give the service the real directory in its configuration, or mount that directory at the old place (`mount "
        "--bind`, in /etc/fstab to make it last) instead of linking to it",
        f"the real directory needs the service's type too: `semanage fcontext -a -e {path} REALDIRECTORY`, then "
        "`restorecon -Rv REALDIRECTORY`",
    )
    fix = Proposal("app-fix", {"steps": steps})
    return Diagnosis(
        cause="symlinked-place",
        title=f"{case.program} may not follow the symbolic link {case.shown_path or case.shown_name}",
        why=f"The link carries {case.target}. {case.source} expects its own directory there ({path}, {type_}), and is "
        "not allowed to follow links of other types: whoever can plant a link could lead it anywhere.",
        root=("label", case.source, case.target),
        evidence=(f"label of the link: {case.target}", f"the service's own place: {path} is {type_}"),
        next="after the link come the directory behind it and the files in it, which need the right label as well",
        proposals=(fix, Proposal("policy-update", {}), Proposal("module", {})),
    )
