"""Content in a place the policy does not know: which of the service's own types it should get."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import List, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.access.operations import ADDS, CHANGES, FILES
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes.wrong_label import HOW_MUCH, in_home, in_tmp
from avcdoctor.diagnose.places import (
    candidates,
    is_log_keeper,
    is_stray_library,
    is_system_directory,
    mirrors_home,
    own_logs,
)
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

_NOT_CONTENT = frozenset({"mounton", "relabelfrom", "relabelto", "quotaon", "associate", "watch_mount", "watch_sb"})
"""What a program does to an object as a mount point or as something to label, whoever's content it is."""

_DIRECTORY_ONLY = frozenset({"getattr", "search"})


PAGES = (
    Page(
        "temporary-file",
        "a temporary file of somebody else",
        "The file was made in /tmp or /var/tmp by another program, and carries its label.",
        "a label for temporary files of another domain",
        "a private place for what both share; don't relabel what is in /tmp",
    ),
    Page(
        "unknown-place",
        "a place the policy does not know",
        "The content lies where the policy expects nothing of this service, so it has a label that belongs to nobody.",
        "a generic type such as default_t or var_t, and the path's default is no other",
        "a lasting rule (semanage fcontext) with the service's type, or move the content",
    ),
)


@cause(190, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Propose a lasting label for content where the policy has only a generic one, or nothing."""
    if case.tclass not in FILES or case.is_pseudo or case.tclass in ("chr_file", "blk_file"):
        return None
    if case.target_is("devices"):
        return None  # /dev is made anew at each boot: no content lies there
    if case.target_is("shared_temporary"):
        return _temporary(case)
    if is_stray_library(case):
        return _stray_library(case)
    logs = own_logs(case)
    if logs and not kinds.is_container_domain(case.source):
        return _unknown_place(case, logs)
    if not facts.is_generic(case.target) or kinds.is_confined_user(case.source):
        return None
    if _is_policy_matter(case) or kinds.is_container_domain(case.source):
        return None
    if case.source_is("home-maker"):
        return _home_elsewhere(case)
    if "home" in case.target and (in_home(case.path) or not case.path) and not is_log_keeper(case):
        return None
    if mirrors_home(case.paths, (case.name,)) and not in_home(case.path):
        return _home_elsewhere(case)
    types = candidates(case)
    if case.target == names.UNLABELED and (
        not case.path or case.default_label(case.path).type != facts.role("no_default")
    ):
        return _never_labelled(case, types)
    if types:
        return _unknown_place(case, types)
    return _nowhere(case) if case.target_is("no_place") else None


def _is_policy_matter(case: Case) -> bool:
    """Generic labels that are right: a runtime directory in the making, a configuration that lacks only `map`."""
    if case.permissions & _NOT_CONTENT or is_system_directory(case):
        return True
    if case.path.startswith(facts.paths("physical root")):
        return True  # a rule and a relabel there would reach the whole deployed system
    if not case.target_is("no_place") and case.permissions <= {"map", "watch", "watch_reads"}:
        return True  # it may read it already: the label is as the policy means it
    if kinds.is_launcher(case.source) and not case.target_is("no_place"):
        return True
    if case.target_is("runtime_directory") and (case.permissions & ADDS or not case.path):
        return True  # made directly below /run: the policy lacks the transition that would label it
    return case.target_is("program_tree") and case.permissions <= _DIRECTORY_ONLY


def _seen(case: Case) -> str:
    """The label seen, and whose such labels are."""
    whose = "people's files have" if "home" in case.target else "belongs to no service"
    return f"label seen: {case.target}, which {whose}"


def _too_wide(case: Case) -> RuledOut:
    """Why no rule for the label is proposed."""
    who = "all that people keep in their homes" if "home" in case.target else "everything that has no label of its own"
    return RuledOut("module", f"{case.target} is shared by {who}")


def _unknown_place(case: Case, types: List[str]) -> Diagnosis:
    shown = case.shown_path or "the object"
    proven = case.allows(types[0]) is True
    evidence: Tuple[str, ...] = (_seen(case),)
    evidence += (f"{case.source} may use {types[0]} this way",) if proven else ()
    move = _standard_place(case, types[0])
    how = "and has " if "home" in case.target else "so it has "
    if types[0] == facts.role("program"):
        proposals = [Proposal("exec-type", {"type": type_, "place": case.path}) for type_ in types[:2]]
    else:
        proposals = [Proposal("fcontext", {"type": type_, "place": case.path}) for type_ in types[:2]]
    if move:
        proposals.append(move)
    return Diagnosis(
        cause="unknown-place",
        title=f"{case.described()}: the policy does not know this place",
        why=f"{shown} lies where the policy expects nothing of this service, {how}the label {case.target}. Give the "
        f"place {types[0]}, the type for what {words.domain_name(case.source)} "
        f"{'changes' if case.permissions & {'write', 'append', 'create', 'add_name'} else 'reads'}, by a lasting rule.",
        root=("place", case.source, case.target),
        evidence=evidence,
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=(_too_wide(case),),
        proposals=tuple(proposals),
    )


def _stray_library(case: Case) -> Diagnosis:
    """A library or plug-in that lies among other things and so has their label."""
    shown, library = case.shown_path or case.shown_name, facts.role("library")
    return Diagnosis(
        cause="unknown-place",
        title=f"{case.described()}: a library with the label of its surroundings",
        why=f"{shown} is a shared library, and programs load libraries that are {library}. It is {case.target}, the "
        "label for what else lies there.",
        root=("place", case.source, case.target),
        evidence=(f"label seen: {case.target}, which is none for libraries", f"{case.source} may load {library}"),
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=(RuledOut("module", f"{case.source} could then load everything that is {case.target} as code"),),
        proposals=(
            Proposal("fcontext", {"type": library, "place": case.path}),
            Proposal(
                "move",
                {
                    "to": "/usr/lib64",
                    "steps": (f"or keep it in a directory of the service below /usr/lib64, where files get {library}",),
                },
            ),
        ),
    )


def _nowhere(case: Case) -> Diagnosis:
    """The place has no label of its own, and nothing tells which of the service's types it should get."""
    wanted = " ".join(sorted(case.permissions))
    steps = (
        f"see what {case.source} may use so: `sesearch -A -s {case.source} -c {case.tclass} -p "
        f"{','.join(wanted.split())}`; take the type the service has for such files",
        "semanage fcontext -a -t TYPE 'DIRECTORY(/.*)?'",
        "restorecon -Rv DIRECTORY",
    )
    return Diagnosis(
        cause="unknown-place",
        title=f"{case.described()}: the policy does not know this place",
        why=f"{case.shown_path or 'The object'} is {case.target}: it lies where the policy expects nothing. It needs "
        f"the type that {case.source} has for such files, by a lasting rule; a rule for {case.target} would open "
        "everything that has no label.",
        root=("place", case.source, case.target),
        evidence=(_seen(case),),
        ruled_out=(_too_wide(case),),
        proposals=(Proposal("fcontext", {"steps": steps}),),
    )


def _never_labelled(case: Case, types: List[str]) -> Diagnosis:
    """No label at all: the file was made while SELinux was off, or by a tool that keeps no labels."""
    return Diagnosis(
        cause="unlabeled",
        title=f"{case.described()}: it carries no label",
        why=f"{case.shown_path or 'The object'} is {case.target}: it was made or restored while SELinux was off, came "
        "from another system, or a tool left its label out. No place is meant to be so: the default label of its path "
        "has to be put on.",
        root=("place", case.source, case.target),
        evidence=(f"label seen: {case.target}, which stands for no label",),
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=(RuledOut("module", f"a rule for {names.UNLABELED} opens every object whose label is lost"),),
        proposals=(
            Proposal("restorecon", {"place": case.path, "steps": HOW_MUCH}),
            *(Proposal("fcontext", {"type": type_, "place": ""}) for type_ in types[:1]),
        ),
    )


def _standard_place(case: Case, type_: str) -> Optional[Proposal]:
    """The service's own directory of a type; the place of a single file, such as a lock's, holds nothing else."""
    places = case.service.places if case.service else ()
    place = next((one for one in places if one.type == type_ and PurePosixPath(one.path).suffix in ("", ".d")), None)
    if place is None or not place.path:
        return None
    return Proposal(
        "move", {"to": place.path, "steps": (f"or keep it below {place.path}, where the policy expects it",)}
    )


def _home_elsewhere(case: Case) -> Diagnosis:
    home = case.path if case.source_is("home-maker") and case.tclass == "dir" else _home_root(case.path)
    return Diagnosis(
        cause="unknown-place",
        title=f"{case.described()}: home directories lie where the policy does not look for them",
        why="Home directories outside /home get no home labels, so login and mail services may not use what is in "
        "them. An equivalence makes the policy treat that directory as it treats /home.",
        root=("home-elsewhere", case.source),
        evidence=(f"label seen: {case.target}",),
        ruled_out=(_too_wide(case),),
        proposals=(
            Proposal("fcontext", {"like": "/home", "place": home}),
            Proposal("restorecon", {"place": home, "recursive": True}),
        ),
    )


def _home_root(path: str) -> str:
    """The directory that holds the homes: everything above the user's name."""
    parts: Tuple[str, ...] = tuple(path.split("/"))
    for index, part in enumerate(parts):
        if part in (".ssh", "public_html", ".bashrc", ".profile") and index >= 3:
            return "/".join(parts[: index - 1])
    return ""


def _brought_from_tmp(case: Case) -> Optional[Diagnosis]:
    """A file with the label of /tmp in a lasting place: it was moved there, and its place's label comes first."""
    default, _sure = case.default_label(case.path)
    if not default or default in (case.target, facts.role("no_default")):
        return None
    return Diagnosis(
        cause="wrong-label",
        title=f"{case.described()}: it carries the label of a temporary file",
        why=f"{case.shown_path} is labelled {case.target}, and the policy wants {default} there. It was made in a "
        "temporary directory and moved to its place (`mv` keeps labels).",
        root=("label", case.source, case.target),
        evidence=(f"label seen: {case.target}", f"default label of {case.shown_path}: {default}"),
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=(RuledOut("module", f"{case.target} is the label of everybody's temporary files"),),
        proposals=(Proposal("restorecon", {"place": case.path, "type": default}),),
    )


def _own_temporary(case: Case) -> str:
    """Whether the policy labels what the source makes there; then somebody else made this."""
    policy = case.source_policy
    type_ = policy.transition(case.source, case.target, case.tclass) if policy is not None else None
    if type_ and type_ != case.target:
        return f"What {case.source} makes there itself becomes {type_}: this was made by somebody else."
    return f"The policy gives {case.source} no file of its own there."


def _temporary(case: Case) -> Optional[Diagnosis]:
    """A service meets a file that a person, or a run by hand, left in a temporary directory."""
    if kinds.is_confined_user(case.source) or case.is_own(case.target) or case.permissions & _NOT_CONTENT:
        return None
    if case.path.startswith(facts.paths("lasting")):
        return _brought_from_tmp(case)
    if case.tclass == "dir" and case.name.isdigit() and case.denial.device == "tmpfs":
        return None  # /run/user/UID: a person's runtime directory, not something left behind
    by_hand = case.target_is("person_temporary")
    if not by_hand and not (case.permissions & CHANGES or in_tmp(case.path)):
        return None
    shown = case.shown_path or case.target
    left = (
        f"{shown} is {case.target}: it was made by a login session, or by the service when it was once started by hand."
        if by_hand
        else f"{shown} is in the common temporary directory and carries its label. {_own_temporary(case)}"
    )
    steps = (
        (
            "stop the service, remove what the run by hand left behind, and start it only by systemctl",
            "a file meant for the service belongs into a directory of the service, not into /tmp or /dev/shm",
        )
        if by_hand
        else ("let the service use a directory of its own (PrivateTmp=, RuntimeDirectory= or its state directory)",)
    )
    return Diagnosis(
        cause="temporary-file",
        title=f"{case.described()}: a temporary file of somebody else's",
        why=f"{left} Services do not share temporary files with users; that keeps a trap set in /tmp from working.",
        root=("temporary", case.source, case.target),
        ruled_out=(
            RuledOut("module", "the service could then be fed files by every user"),
            RuledOut("restorecon", "temporary directories have no lasting default labels"),
        ),
        proposals=(
            Proposal("app-fix", {"steps": steps}),
            Proposal(
                "move", {"steps": ("put the file where the service's own files are, so that it gets their label",)}
            ),
            Proposal("policy-update", {}),
        ),
    )
