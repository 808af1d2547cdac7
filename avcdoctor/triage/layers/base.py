"""What every layer file provides: a name, its generic recogniser, and how it differs from SELinux."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Callable, List, Optional, Sequence, Tuple, Union

from avcdoctor.actions import make
from avcdoctor.actions.registry import of_command
from avcdoctor.actions.registry import undo as undo_of
from avcdoctor.model import Action, Remedy, Simulation
from avcdoctor.triage.errnos import Errno
from avcdoctor.triage.model import Explanation, LogLine, Observation

NOT_ASKED = Simulation("denied", "unknown", "not a question for the SELinux policy")

DONTAUDIT = (
    "A rule of the policy can hide a denial: run `semodule -DB`, repeat the failure, look with "
    "`ausearch -m AVC,USER_AVC,SELINUX_ERR -ts recent`, and turn the hiding back on with `semodule -B`."
)
"""How to look for hidden denials, with the way back."""


@dataclass(frozen=True)
class Layer:
    """One layer that can stop a program.

    Args:
        name: as in `avcdoctor.knowledge.messages.LAYERS`.
        recognise: looks at one line nobody else explained; None when it does not speak of this layer.
        explain: what such an observation means.
        not_selinux: why evidence of this layer is not SELinux.
        if_selinux: what would be seen if it were.
        signs: expressions of which one matches each line without an error number that it recognises.
    """

    name: str
    recognise: Callable[[LogLine, Optional[Errno]], Optional[Observation]]
    explain: Callable[[Observation], Explanation]
    not_selinux: str
    if_selinux: str
    signs: Tuple[re.Pattern[str], ...] = ()


def observe(  # noqa: PLR0917 - the recognisers read like sentences with their words in this order
    line: LogLine, layer: str, what: str, proof: str, errno: str = "", path: str = ""
) -> Observation:
    """An observation made from one line."""
    return Observation(
        layer=layer,
        what=what,
        proof=proof,
        where=f"line {line.number}",
        errno=errno,
        path=path,
        process=line.process,
        time=line.time,
        seconds=line.seconds,
        line=line.text,
    )


def remedy(
    kind: str,
    title: str,
    commands: Sequence[Union[str, Sequence[str]]] = (),
    *,
    undo: Sequence[Sequence[str]] = (),
    notes: Sequence[str] = (),
    steps: Sequence[str] = (),
    simulation: Simulation = NOT_ASKED,
    applicability: str = "manual",
) -> Remedy:
    """A way out that a person carries out: commands to copy, steps in words, and the way back.

    Args:
        kind: one of `avcdoctor.model.REMEDY_KINDS`.
        title: what it does.
        commands: argument lists, those that an action stands for are that action; a text is a step in words.
        undo: the way back where no action knows it.
        notes: what a person should know first.
        steps: in words.
        simulation: what the policy said, where it was asked.
        applicability: see `avcdoctor.model.APPLICABILITIES`.
    """
    actions: List[Action] = []
    for one in commands:
        actions += make.manual(one) if isinstance(one, str) else [command_action(one)]
    actions += make.manual(*steps)
    back = tuple(command_action(command) for command in undo)
    return Remedy(
        kind=kind,
        title=title,
        applicability=applicability,
        lasting=True,
        resolves=0,
        simulation=simulation,
        actions=tuple(actions),
        undo=back or way_back(actions),
        notes=tuple(notes),
    )


def command_action(argv: Sequence[str]) -> Action:
    """The action that a command stands for; else the command for a person, quoted for a shell in the text."""
    # Escaped text is no raw name and names nothing that there is; a word in capitals stands for what nobody knows.
    known = not any("\\" in word or (word.isupper() and word[0] not in "/-") for word in argv)
    found = of_command(argv) if known else None
    return found or Action("manual", tuple(argv), {"text": " ".join(shlex.quote(word) for word in argv)})


def way_back(actions: Sequence[Action]) -> Tuple[Action, ...]:
    """What takes actions back, as far as they know it by themselves."""
    return undo_of([action for action in actions if action.do != "manual"])


def place(observation: Observation) -> str:
    """The path of an observation for a sentence, or a word for it."""
    return observation.path or "the path that was asked for"


_UNIT = re.compile(r"(?<![\w/])([\w@.\\:][\w@.\\:-]{0,250}\.(?:service|socket|mount|timer))\b")


def unit(line: str) -> str:
    """The unit that a message of systemd is about, or a word to put its name in."""
    found = _UNIT.search(line)
    return found[1] if found else "UNIT"


def paths(observation: Observation) -> Tuple[str, ...]:
    """The path as the argument of a command, or a word to put the path in."""
    return (observation.path if observation.path.startswith("/") else "PATH",)
