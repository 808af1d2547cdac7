"""Our reading of a full policy says what setools, libsepol and libselinux say of it."""

from __future__ import annotations

import random
import stat
from collections import Counter
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, List, Set, Tuple

import pytest

from avcdoctor.host import verdict as verdicts
from avcdoctor.host.ask import Answer, Question
from avcdoctor.host.contexts import valid
from avcdoctor.host.labels import Labels
from avcdoctor.host.policy import Policy
from avcdoctor.knowledge import load
from avcdoctor.model import Context, Denial
from avcdoctor.triage.trail import events
from avcdoctor.triage.unwrapped import unwrapped

pytestmark = [pytest.mark.bindings, pytest.mark.policy]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("httpd_t", "sshd_t", "init_t", "crond_t", "named_t", "staff_t", "systemd_logind_t", "dpkg_t")


@pytest.fixture(scope="module")
def peer(debian: Policy) -> Any:
    """The same policy as setools sees it."""
    setools = pytest.importorskip("setools")
    return setools.SELinuxPolicy(str(debian.path))


def test_symbols_agree_with_setools(debian: Policy, peer: Any) -> None:
    assert debian.types == {str(type_) for type_ in peer.types()}
    assert debian.db.mls == peer.mls
    assert debian.db.version == peer.version
    assert dict(debian.booleans) == {str(boolean): boolean.state for boolean in peer.bools()}
    for attribute in peer.typeattributes():
        assert debian.types_with(str(attribute)) == {str(type_) for type_ in attribute.expand()}, attribute
    for tclass in peer.classes():
        inherited = set(tclass.common.perms) if _has_common(tclass) else set()
        assert debian.class_permissions(str(tclass)) == {str(name) for name in inherited | set(tclass.perms)}
    for type_ in random.Random(4).sample(sorted(peer.types()), 200):
        assert debian.attributes(str(type_)) == {str(attribute) for attribute in type_.attributes()}
        assert all(debian.resolve(str(alias)) == str(type_) for alias in type_.aliases())


def _has_common(tclass: Any) -> bool:
    try:
        return tclass.common is not None
    except Exception as error:  # setools raises NoCommon, whose module differs between its versions
        assert type(error).__name__ == "NoCommon"
        return False


def test_ports_and_transitions_agree_with_setools(debian: Policy, peer: Any) -> None:
    ours = {(*port, type_) for type_ in debian.types for port in debian.ports_of(type_)}
    assert ours == {
        (str(entry.protocol), entry.ports.low, entry.ports.high, str(entry.context.type_)) for entry in peer.portcons()
    }
    theirs: Dict[str, Dict[str, str]] = {}
    for rule in peer.terules():
        if str(rule.ruletype) != "type_transition" or str(rule.tclass) != "process":
            continue
        if not _is_conditional(rule) or rule.enabled():
            for source in rule.source.expand():
                for target in rule.target.expand():
                    theirs.setdefault(str(source), {})[str(target)] = str(rule.default)
    assert {name: dict(debian.transitions_from(name)) for name in theirs} == theirs
    for executable in random.Random(1).sample(sorted({target for into in theirs.values() for target in into}), 60):
        expected = {source: into[executable] for source, into in theirs.items() if executable in into}
        assert dict(debian.transitions_into(executable)) == expected


def test_allow_rules_agree_with_setools(debian: Policy, peer: Any) -> None:
    """Every allow rule of some sources, expanded by setools, is what `allowed` and `conditional` say; and no more."""
    wanted = {name: peer.lookup_type(name) for name in SOURCES}
    names = {name: {name, *map(str, type_.attributes())} for name, type_ in wanted.items()}
    plain: Dict[Tuple[str, str, str], Set[str]] = {}
    behind: Set[Tuple[str, str, str]] = set()
    for rule in peer.terules():
        if str(rule.ruletype) != "allow":
            continue
        for source in [name for name in SOURCES if str(rule.source) in names[name]]:
            for target in rule.target.expand():
                key = (source, str(target), str(rule.tclass))
                if _is_conditional(rule):
                    behind.add(key)
                else:
                    plain.setdefault(key, set()).update(map(str, rule.perms))
    chosen = random.Random(7).sample(sorted(plain), 4000)
    everything_off = [key for key in chosen if key not in behind]
    assert len(everything_off) > 2000
    for key in everything_off:
        assert debian.allowed(*key) == plain[key], key
    for key in sorted(behind)[:2000]:
        assert debian.conditional(*key), key


def _is_conditional(rule: Any) -> bool:
    try:
        return rule.conditional is not None
    except Exception as error:  # RuleNotConditional, likewise
        assert type(error).__name__ == "RuleNotConditional"
        return False


def test_conditional_rules_hold_as_setools_says(debian: Policy, peer: Any) -> None:
    """With random values for the booleans of an expression, a rule is in force exactly when setools says so."""
    generator = random.Random(11)
    rules = [rule for rule in peer.terules() if str(rule.ruletype) == "allow" and _is_conditional(rule)]
    checked = 0
    for rule in generator.sample(rules, 1500):
        source, target = str(next(iter(rule.source.expand()))), str(next(iter(rule.target.expand())))
        values = {str(boolean): generator.random() < 0.5 for boolean in rule.conditional.booleans}
        base = debian.allowed(source, target, str(rule.tclass), {name: not value for name, value in values.items()})
        if rule.enabled(**values):
            granted = debian.allowed(source, target, str(rule.tclass), values)
            assert set(map(str, rule.perms)) <= granted, (str(rule), values, base)
            checked += 1
    assert checked > 300


def _samples(policy: Policy, count: int, seed: int) -> List[Tuple[str, str, str, str]]:
    """Random questions: half of them near existing rules, half anything at all."""
    generator = random.Random(seed)
    types, classes = sorted(policy.types), sorted(policy.db.classes)
    domains = sorted(policy.types_with("domain"))
    found = []
    for _ in range(count):
        source = generator.choice(domains)
        tclass = generator.choice(classes)
        near = sorted(policy.targets(source, tclass, [sorted(policy.class_permissions(tclass))[0]]))
        target = generator.choice(near if near and generator.random() < 0.5 else types)
        found.append((source, target, tclass, generator.choice(sorted(policy.class_permissions(tclass)))))
    return found


def test_verdicts_agree_with_audit2why(debian: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """What our own tables say, constraints included, is what libsepol says: for random accesses and contexts."""
    pytest.importorskip("selinux")
    seen: Set[str] = set()
    generator = random.Random(3)
    levels = ("s0", "s0:c1", "s0-s0:c0.c1023", "s0:c1,c5")
    for source, target, tclass, permission in [*_samples(debian, 1200, 5), *_separated(debian, 200)]:
        scontext = _context(debian, generator, source, generator.choice(levels))
        tcontext = _context(debian, generator, target, generator.choice(levels))
        theirs = debian.verdict(scontext, tcontext, tclass, [permission])
        with monkeypatch.context() as patch:
            patch.setattr(verdicts, "_binding", lambda: None)
            ours = debian.verdict(scontext, tcontext, tclass, [permission])
        question = (str(scontext), str(tcontext), tclass, permission)
        assert (ours.outcome, set(ours.booleans)) == (theirs.outcome, set(theirs.booleans)), question
        seen.add(ours.outcome)
    assert {"allowed", "type", "constraint"} <= seen


def test_the_reason_of_every_sample_s_denial_is_audit2why_s(debian: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allowed, a missing rule, a boolean, a constraint, bounds: our answer is in the class that audit2why names."""
    pytest.importorskip("selinux")
    seen: Counter[str] = Counter()
    for denial in _sample_denials():
        asked = (denial.source, denial.target, denial.tclass, denial.permissions)
        known = all(debian.has_type(one.type) for one in (denial.source, denial.target))
        if not known or not debian.has_class(denial.tclass):
            continue
        contexts = ((denial.source, denial.target),)
        wanted = frozenset(denial.permissions)
        ours = Answer(Question(denial.source.type, denial.target.type, denial.tclass, wanted, contexts), debian)
        theirs = debian.verdict(*asked)
        assert theirs.outcome != "bad-context", asked
        assert (ours.reason, ours.allowed) == (theirs.outcome, theirs.outcome == "allowed"), asked
        seen[ours.reason] += 1
    assert sum(seen.values()) > 100
    assert set(seen) == {"allowed", "type", "boolean", "dontaudit", "constraint"}


def _sample_denials() -> Iterator[Denial]:
    """Every denial of every story, and of every rule's examples."""
    logs = [path.read_bytes() for path in sorted((ROOT / "samples").rglob("*.log"))]
    for service in load((ROOT / "policies" / "rules",)).services:
        logs += [example.log.encode() for rule in service.rules for example in rule.examples]
    for log in logs:
        for event in events(unwrapped(log)):
            yield from event.outcome.denials


def _separated(policy: Policy, count: int) -> List[Tuple[str, str, str, str]]:
    """Accesses that rules grant to domains kept apart by categories."""
    generator = random.Random(6)
    domains = sorted(policy.types_with("mcs_constrained_type") & policy.types_with("domain"))
    questions = []
    for _ in range(count if domains else 0):
        source = generator.choice(domains)
        target = generator.choice(sorted(policy.targets(source, "file", ["read"])) or [source])
        questions.append((source, target, "file", "read"))
    return questions


def _context(policy: Policy, generator: random.Random, type_: str, level: str) -> Context:
    for user, role in (("unconfined_u", "unconfined_r"), ("staff_u", "staff_r"), ("system_u", "system_r")):
        context = Context(user, role, type_, level)
        if generator.random() < 0.7 and valid(policy.db, context):
            return context
    return Context("system_u", "object_r", type_, level)


def test_booleans_agree_with_audit2why(debian: Policy) -> None:
    """Every single boolean that audit2why finds is found, and no other; each really grants the access."""
    pytest.importorskip("selinux")
    checked = 0
    for source, target, tclass, permissions in _behind_booleans(debian, 300):
        asked = sorted(permissions)[:1]
        ours = debian.booleans_for(source, target, tclass, asked)
        found = debian.verdict(
            Context("system_u", "system_r", source, "s0"), Context("system_u", "object_r", target, "s0"), tclass, asked
        )
        if found.outcome == "boolean":
            checked += 1
            assert {pair[0] for pair in ours if len(pair) == 1} == set(found.booleans), (source, target, tclass, asked)
        for settings in ours:
            assert set(asked) <= debian.allowed(source, target, tclass, dict(settings))
    assert checked > 50


def _behind_booleans(policy: Policy, count: int) -> List[Tuple[str, str, str, FrozenSet[str]]]:
    generator = random.Random(9)
    sources = sorted(set().union(*(policy.boolean_sources(name) for name in policy.booleans)))
    classes = ("file", "dir", "tcp_socket", "capability", "process", "lnk_file")
    types = sorted(policy.types)
    found: List[Tuple[str, str, str, FrozenSet[str]]] = []
    while len(found) < count:
        source, tclass = generator.choice(sources), generator.choice(classes)
        for target in (source, *generator.sample(types, 20)):
            for rule in policy.conditional(source, target, tclass):
                found.append((source, target, tclass, rule.permissions))
    return found[:count]


def test_default_labels_agree_with_libselinux(debian: Policy) -> None:
    pytest.importorskip("selinux")
    path = debian.path.parent.parent / "contexts" / "files" / "file_contexts"
    ours, theirs = Labels(path), Labels(path, own=True)
    exact = Counter(entry.prefix for entry in ours.rules() if entry.exact)
    modes = (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFSOCK)
    for entry in random.Random(2).sample(ours.rules(), 1200):
        base = entry.prefix.rstrip("/") or "/"
        if exact[base] > 1:  # which of two entries for one path wins differs between libselinux 3.4 and 3.8
            continue
        for name in (base, f"{base}/x", f"{base}x", f"{base}/lib/y.so", f"/srv{base}"):
            for mode in modes[:: 2 if entry.exact else 1]:
                assert ours.default(name, mode) == theirs.default(name, mode), (name, mode)
