"""AppArmor: it shares SELinux's record types, but writes apparmor= and profile= and no contexts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.knowledge.tables import document
from avcdoctor.model import Remedy
from avcdoctor.parse.apparmor import apparmor_record
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation

_MASK = {"r": "r", "w": "w", "a": "w", "c": "w", "d": "w", "l": "l", "k": "k", "m": "m", "x": "ix"}
_WORDS = re.compile(r"\bapparmor\b|\baa-(?:enforce|complain|disable|exec)\b|\bsnap-confine\b.*confined", re.I)

_STARTS = re.compile(r"\b(?:starting|loading|mounting)\b.{0,40}\b(?:apparmor profiles|securityfs)\b", re.I)


def records(lines: Sequence[LogLine]) -> List[Observation]:
    """AppArmor's own records; those of complain mode (ALLOWED) are warnings."""
    found = []
    for line in lines:
        record = apparmor_record(line.text)
        if record is None:
            continue
        told = {**record.fields, "profile": record.profile}
        did = "would deny" if record.allowed else "denied"
        what = f"profile {record.profile or '?'} {did} {told.get('operation', '?')} {record.target}".strip()
        seen = observe(line, "apparmor", what, "warning" if record.allowed else "record", path=record.target)
        found.append(replace(seen, process=told.get("comm") or line.process, fields=told))
    return found


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """A message that names AppArmor and an error; its own start is another matter."""
    if (
        not _STARTS.search(line.message)
        and _WORDS.search(line.message)
        and (
            errno is not None
            or re.search(
                r"den(?:y|ied)|fail|cannot|unable|could not|not be loaded|refus|prevent|block", line.message, re.I
            )
        )
    ):
        return observe(
            line,
            "apparmor",
            "a message names AppArmor",
            "named",
            errno.name if errno else "",
            find_path(line.message, errno),
        )
    return None


def explain(observation: Observation) -> Explanation:
    """Which profile stands in the way and where its local additions go."""
    profile = observation.fields.get("profile", "")
    if observation.proof == "warning":
        return Explanation(
            kind="apparmor-complain",
            title=f"AppArmor's profile {profile} is in complain mode: it logged this and did not stop it",
            cause='the profile is in complain mode (apparmor="ALLOWED")',
            because="Nothing was stopped.",
        )
    return Explanation(
        kind="apparmor-denial",
        title=f"AppArmor stopped it: {observation.what}" if profile else "AppArmor stands in the way",
        cause=f"the AppArmor profile {profile or 'of the program'} has no rule for this access",
        because=(
            "The record carries apparmor= and profile= and neither scontext nor tclass. AppArmor and SELinux share the "
            "record types 1400 and 1107, so a search for AVC finds both."
        ),
        remedies=_ways(observation, profile),
        if_selinux="a record with scontext=, tcontext= and tclass=",
        sure=("`aa-status` lists the profiles and their modes",),
    )


def _ways(observation: Observation, profile: str) -> Tuple[Remedy, ...]:
    """The way of whoever made the profile; else a local addition, which survives updates of the profile."""
    told = observation.fields
    inner = told.get("namespace", "").rpartition("//")[2]
    outer = _made(inner, told.get("operation", "")) if inner else None
    if outer is not None:  # the profile was loaded inside a container: what the container may do at all comes first
        return (_makers_way(outer, observation), _inside(profile))
    made = _made(profile, told.get("operation", ""))
    if made is not None:
        return (_makers_way(made, observation),)
    return (_local_rule(observation, profile),)


class _Made(NamedTuple):
    """An entry of policies/facts/apparmor.yaml and what its expression found."""

    entry: Dict[str, Any]
    match: re.Match[str]


def _made(profile: str, operation: str) -> Optional[_Made]:
    for entry in document("apparmor.yaml"):
        match = re.match(entry["profile"], profile)
        if match and operation in entry.get("operations", [operation]):
            return _Made(entry, match)
    return None


def _makers_way(made: _Made, observation: Observation) -> Remedy:
    entry, groups = made.entry, made.match.groupdict()
    name = groups.get("name") or "NAME"
    words = {"NAME": name, "RULE": _rule(observation)}
    manager = "lxd" if made.match[0].startswith("lxd") else "incus"
    commands = []
    if manager in entry:
        commands = [_argv(entry[manager], words), [*_argv(entry[manager], words)[:1], *_argv(entry["then"], words)]]
        if groups.get("project"):
            commands = [[argv[0], "--project", groups["project"], *argv[1:]] for argv in commands]
    steps = [_put(step, words) for step in entry.get("steps", ())]
    notes = (entry["note"],) if "note" in entry else ()
    title = f"{entry['title']} (the profile is {entry['maker']}'s; no file in /etc/apparmor.d holds it)"
    return remedy("app-fix", title, commands, steps=steps, notes=notes)


def _put(text: str, words: Dict[str, str]) -> str:
    return re.sub(r"\b(?:NAME|RULE)\b", lambda match: words[match[0]], text)


def _argv(command: str, words: Dict[str, str]) -> List[str]:
    """A command of the table as words; a name from the log stays one word, and none looks like an option."""
    return [_put(word, words) if not words["NAME"].startswith("-") else word for word in command.split()]


def _inside(profile: str) -> Remedy:
    title = f"update what loads {profile or 'the profile'} inside the container, and the container's AppArmor"
    return remedy("package-update", title)


def _local_rule(observation: Observation, profile: str) -> Remedy:
    """A profile's file is named after the program with dots for slashes; its local additions lie beside it."""
    file = profile.lstrip("/").replace("/", ".") or "PROFILE"
    return remedy(
        "app-fix",
        "add the rule to the profile's local file and load the profiles again",
        [
            ["grep", "-rlF", "--", profile or "PROFILE", "/etc/apparmor.d"],
            f"put into /etc/apparmor.d/local/{file}: `{_rule(observation)}`",
            ["systemctl", "reload", "apparmor"],
        ],
        notes=("only if the program needs it; one that asks for what is none of its business may stay denied",),
    )


def _rule(observation: Observation) -> str:
    """The rule that is missing, in AppArmor's words (apparmor.d(5))."""
    told = observation.fields
    if told.get("capname"):
        return f"capability {told['capname']},"
    if told.get("operation", "").startswith("dbus"):
        return (
            f"dbus send bus={told.get('bus', 'system')} path={told.get('path', 'PATH')} "
            f"peer=(name={told.get('name', 'NAME')}),"
        )
    if told.get("operation") == "mount":
        return f"mount -> {_word(observation.path)},"
    mask = told.get("denied_mask") or told.get("requested_mask") or "r"
    letters = "".join(dict.fromkeys(_MASK.get(letter, "") for letter in mask)) or "r"
    return f"{_word(observation.path)} {letters},"


def _word(path: str) -> str:
    """A path as a word of a profile, where quotes keep blanks (apparmor.d(5))."""
    return f'"{path}"' if " " in path else path or "PATH"


LAYER = Layer(
    name="apparmor",
    recognise=recognise,
    explain=explain,
    not_selinux=(
        "the record carries apparmor= and profile= and no security contexts; it is AppArmor's, and both can't decide "
        "on the same machine by default"
    ),
    if_selinux="scontext=, tcontext= and tclass= in the record",
    signs=(_WORDS,),
)
