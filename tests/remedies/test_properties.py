"""Whatever is denied, the answer keeps its promises: random denials out of the reference policy's own names."""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Iterator, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avcdoctor.access.whole import whole
from avcdoctor.host import Host
from avcdoctor.host.policy import Policy
from avcdoctor.knowledge.weakening import weakens
from avcdoctor.model import Incident, Remedy, Report
from tests.denials import denied, explained
from tests.remedies.corpus import faults
from tests.render.formats import every_format

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
RULE = re.compile(r"\((allow|dontaudit) (\S+) (\S+) \((\S+) \(([^()]+)\)\)\)")

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "$(reboot)",
            "`reboot`",
            "a b",
            "-rf",
            "\x1b[31mred",
            "a'b\"c",
            "a\nb",
            "{path}",
            "é\u202e",
            "x" * 300,
        ]
    ),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), min_size=1, max_size=20),
)
LEVELS = st.sampled_from(["s0", "s0:c1,c2", "s0:c3", "s0-s0:c0.c1023", "s0:c1.c5", ""])
USERS = st.sampled_from(["system_u:system_r", "unconfined_u:unconfined_r", "staff_u:staff_r", "user_u:user_r"])


@pytest.fixture(scope="session")
def vocabulary(policy: Policy) -> Tuple[List[str], Dict[str, List[str]]]:
    """All types, and the permissions of every class."""
    classes = {name: sorted(policy.class_permissions(name)) for name in sorted(policy.db.classes)}
    return [*sorted(policy.types), "unknown_t"], {name: names for name, names in classes.items() if names}


@st.composite
def logs(draw: st.DrawFn, vocabulary: Tuple[List[str], Dict[str, List[str]]]) -> str:
    """One to three events of random denials."""
    types, classes = vocabulary
    text = ""
    for serial in range(1, draw(st.integers(1, 3)) + 1):
        tclass = draw(st.sampled_from(list(classes)))
        permissions = draw(st.sets(st.sampled_from(classes[tclass]), min_size=1, max_size=3))
        source = f"{draw(USERS)}:{draw(st.sampled_from(types))}:{draw(LEVELS)}".rstrip(":")
        target = f"system_u:object_r:{draw(st.sampled_from(types))}:{draw(LEVELS)}".rstrip(":")
        fields: Dict[str, object] = {"dev": "dm-0", "ino": draw(st.integers(1, 9999))}
        if draw(st.booleans()):
            fields["path"] = "/" + draw(HOSTILE)
        else:
            fields["name"] = draw(HOSTILE)
        if tclass.endswith("_socket"):
            fields["src"] = draw(st.integers(0, 65535))
        text += denied(
            source, target, tclass, " ".join(sorted(permissions)), comm=draw(HOSTILE)[:15], serial=serial,
            call=draw(st.sampled_from(["", "openat", "execve"])), exe="/" + draw(HOSTILE), **fields,  # type: ignore[arg-type]
        )  # fmt: skip
    return text


@FEW
@given(data=st.data())
def test_every_answer_keeps_the_promises(
    system: Host, vocabulary: Tuple[List[str], Dict[str, List[str]]], data: st.DataObject
) -> None:
    log = data.draw(logs(vocabulary))
    report = explained(log, system)
    assert sum(one.denials for one in report.incidents) + report.input.unreadable == log.count("type=AVC")
    for incident in report.incidents:
        assert faults(incident) == []
        for remedy in incident.remedies:
            assert list(beyond(remedy, incident)) == []


def beyond(remedy: Remedy, incident: Incident) -> Iterator[str]:
    """Rules of a module that grant more than the incident's whole access."""
    asked: Dict[Tuple[str, str, str], FrozenSet[str]] = {}
    for group in incident.finding.groups:
        key = (group.source, group.target, group.tclass)
        wide = group.target if incident.finding.rule else ""  # a rule pack may widen within file classes
        asked[key] = asked.get(key, frozenset()) | whole(group.tclass, frozenset(group.permissions), wide)
    runs = any("execute" in names for (_source, _target, tclass), names in asked.items() if tclass == "file")
    for action in remedy.actions:
        for keyword, source, to, tclass, names in RULE.findall(str(action.parameters.get("cil", ""))):
            target = source if to == "self" else to
            more = frozenset(names.split()) - asked.get((source, target, tclass), frozenset())
            if tclass == "file" and runs:
                more -= {"execute_no_trans"}
            if more:
                yield f"{keyword} {source} {target}:{tclass} {{ {' '.join(sorted(more))} }}"


COMMAND = re.compile(r"`([^`]*)`")


@FEW
@given(comm=HOSTILE, name=HOSTILE, kmod=HOSTILE)
def test_no_command_in_words_holds_what_a_shell_would_run(system: Host, comm: str, name: str, kmod: str) -> None:
    """Between backticks stand commands to copy; what the log says is quoted there or left out."""
    planted = "X$(reboot)X"
    log = denied("redis_t", "kernel_t", "system", "module_request", comm="x", kmod=kmod + planted)
    log += denied("redis_t", "redis_t", "capability2", "mac_admin", comm=planted, serial=2)
    log += denied("redis_t", "user_home_t", "file", "read", comm=comm[:15], name=name + planted, serial=3)
    log += denied(
        "init_t", "bin_t", "tcp_socket", "name_bind", comm=planted, src=80, call="bind", exe="/" + planted, serial=4
    )
    for incident in explained(log, system).incidents:
        for remedy in incident.remedies:
            for action in remedy.actions:
                for command in COMMAND.findall(str(action.parameters.get("text", ""))):
                    assert "$(reboot)" not in unquoted(command)


def unquoted(command: str) -> str:
    """What a shell would read of a command: everything outside single quotes."""
    found, quote = "", ""
    for character in command:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            found += character
    return found


@settings(FEW, max_examples=25)
@given(comm=HOSTILE, path=HOSTILE)
def test_no_format_tells_anyone_to_switch_selinux_off(system: Host, comm: str, path: str) -> None:
    log = denied("httpd_t", "default_t", "file", "read", comm=comm[:15], path="/data/" + path)
    report: Report = explained(log, system)
    for name, shown in every_format(report):
        assert not weakens(shown), name
