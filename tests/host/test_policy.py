from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from avcdoctor.errors import PolicyError
from avcdoctor.host.binary import Cursor
from avcdoctor.host.policy import Policy
from avcdoctor.host.policydb import parse
from avcdoctor.model import Context


def test_types_aliases_and_attributes(tiny: Policy) -> None:
    assert tiny.has_type("httpd_sys_content_t")
    assert tiny.resolve("httpd_sys_content_t") == "content_t"
    assert tiny.resolve("nothing_t") == "nothing_t"
    assert not tiny.has_type("content")  # an attribute
    assert tiny.attributes("home_t") == {"content"}
    assert tiny.types_with("content") == {"content_t", "home_t", "device_t"}
    assert tiny.types_with("content_t") == {"content_t"}
    assert tiny.types_with("nothing") == frozenset()


def test_domains_permissive_types_and_bounds(tiny: Policy) -> None:
    assert tiny.is_domain("httpd_t")
    assert not tiny.is_domain("content_t")
    assert tiny.is_permissive("script_t")
    assert not tiny.is_permissive("httpd_t")
    assert tiny.type_bounds("child_t") == "httpd_t"
    assert tiny.type_bounds("httpd_t") is None


def test_classes_inherit_permissions(tiny: Policy) -> None:
    assert {"read", "execute_no_trans"} <= tiny.class_permissions("file")
    assert tiny.class_permissions("database") == frozenset()
    assert not tiny.has_class("database")


def test_allowed_by_type_attribute_and_alias(tiny: Policy) -> None:
    assert tiny.allowed("httpd_t", "content_t", "file") == {"getattr", "read", "open"}
    assert tiny.allowed("httpd_t", "httpd_sys_content_t", "file") == {"getattr", "read", "open"}
    assert tiny.allowed("script_t", "content_t", "file") == {"getattr"}  # domain to content, both attributes
    assert tiny.allowed("httpd_t", "self", "process") == {"signal"}
    assert tiny.allowed("httpd_t", "init_t", "process") == frozenset()


@pytest.mark.parametrize(
    "question",
    [("nothing_t", "content_t", "file"), ("httpd_t", "nothing_t", "file"), ("httpd_t", "content_t", "nothing")],
)
def test_unknown_names_are_allowed_nothing(tiny: Policy, question: tuple[str, str, str]) -> None:
    assert tiny.allowed(*question) == frozenset()
    assert tiny.conditional(*question) == []
    assert tiny.dontaudited(*question) == frozenset()
    assert tiny.booleans_for(*question, ["read"]) == ()


def test_overrides_decide_conditional_rules(tiny: Policy) -> None:
    assert "read" not in tiny.allowed("httpd_t", "home_t", "file")
    assert "read" in tiny.allowed("httpd_t", "home_t", "file", {"can_read_home": True})
    assert "write" in tiny.allowed("httpd_t", "home_t", "file", {"first_half": True})
    assert "write" not in tiny.allowed("httpd_t", "home_t", "file", {"first_half": True, "second_half": True})
    assert "read" in tiny.allowed("script_t", "home_t", "file", {"quiet": False})  # the rule's else branch


def test_conditional_rules_say_their_expression(tiny: Policy) -> None:
    found = {rule.expression: rule for rule in tiny.conditional("httpd_t", "home_t", "file")}
    assert set(found) == {"can_read_home", "first_half and not second_half", "first_half and second_half"}
    assert found["can_read_home"].permissions == {"read", "open"}
    assert found["first_half and second_half"].booleans == ("first_half", "second_half")
    assert [rule.expression for rule in tiny.conditional("script_t", "home_t", "file")] == ["not quiet"]


def test_booleans_singles_before_pairs(tiny: Policy) -> None:
    assert tiny.booleans_for("httpd_t", "home_t", "file", ["read", "open"]) == ((("can_read_home", True),),)
    assert tiny.booleans_for("httpd_t", "home_t", "file", ["execute"]) == (
        (("first_half", True), ("second_half", True)),
    )
    assert tiny.booleans_for("script_t", "home_t", "file", ["read"]) == ((("quiet", False),),)
    assert tiny.booleans_for("httpd_t", "home_t", "file", ["read", "write"]) == (
        (("can_read_home", True), ("first_half", True)),
    )
    assert tiny.booleans_for("httpd_t", "content_t", "file", ["read"]) == ()  # allowed already


def test_boolean_reach(tiny: Policy) -> None:
    assert tiny.boolean_sources("can_read_home") == {"httpd_t"}
    assert tiny.boolean_reach("quiet") == 1
    assert tiny.boolean_reach("nothing") == 0
    assert tiny.booleans["quiet"] is True


def test_dontaudit(tiny: Policy) -> None:
    assert tiny.dontaudited("httpd_t", "noisy_t", "file") == {"write"}
    assert tiny.dontaudited("child_t", "secret_t", "file") == {"getattr"}
    assert tiny.dontaudited("script_t", "home_t", "file") == {"write"}  # behind a boolean that is on
    assert tiny.dontaudited("httpd_t", "content_t", "file") == frozenset()


def test_transitions(tiny: Policy) -> None:
    assert tiny.transition("init_t", "httpd_exec_t") == "httpd_t"
    assert tiny.transition("init_t", "script_exec_t") is None
    assert tiny.transition("httpd_t", "content_t", "file") == "secret_t"
    assert [(rule[0], tiny.db.type_names[rule[-1]]) for rule in tiny.db.named_transitions] == [("robots.txt", "home_t")]
    assert tiny.transitions_from("httpd_t") == {"script_exec_t": "script_t"}
    assert tiny.transitions_into("httpd_exec_t") == {"init_t": "httpd_t"}
    assert tiny.entrypoints("script_t") == {"script_exec_t"}


def test_targets_need_all_permissions(tiny: Policy) -> None:
    assert tiny.targets("httpd_t", "file", ["getattr"]) == {"content_t", "home_t", "device_t"}
    assert tiny.targets("httpd_t", "file", ["getattr", "read"]) == {"content_t"}
    assert tiny.targets("httpd_t", "file", ["getattr", "nothing"]) == frozenset()
    assert tiny.targets("httpd_t", "file", []) == frozenset()


def test_ports_most_specific_first(tiny: Policy) -> None:
    assert tiny.port_types("tcp", 8080) == (("http_port_t", 8080, 8080), ("unreserved_port_t", 1024, 65535))
    assert tiny.port_types("udp", 8080) == ()
    assert tiny.ports_of("http_port_t") == (("tcp", 80, 80), ("tcp", 8080, 8080))


def test_extended_permissions_as_ranges(tiny: Policy) -> None:
    assert tiny.extended("httpd_t", "device_t", "file") == ((0x5401, 0x5403), (0x8910, 0x8910))
    assert tiny.extended("httpd_t", "content_t", "file") is None


def test_missing_and_foreign_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"can't read the policy .*No such file"):
        Policy(tmp_path / "policy.33")
    text = tmp_path / "policy.txt"
    text.write_text("allow httpd_t shadow_t:file read;\n")
    with pytest.raises(PolicyError, match="not a usable SELinux policy"):
        Policy(text)


def test_a_policy_cut_anywhere_is_refused(tiny_path: Path, tmp_path: Path) -> None:
    whole = tiny_path.read_bytes()
    piece = tmp_path / "policy.33"
    for length in range(0, len(whole) - 1, 7):
        piece.write_bytes(whole[:length])
        with pytest.raises(PolicyError, match="not a usable SELinux policy"):
            Policy(piece)


@pytest.mark.parametrize("version", range(24, 34))
def test_every_version_of_the_format(tiny: Policy, tmp_path: Path, version: int) -> None:
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    target = tmp_path / f"policy.{version}"
    source = Path(__file__).with_name("tiny.cil").read_text()
    if version < 30:
        source = "\n".join(line for line in source.splitlines() if not line.startswith("(allowx"))
    if version < 25:
        source = "\n".join(line for line in source.splitlines() if "robots.txt" not in line)
    (tmp_path / "tiny.cil").write_text(source)
    argv = ["secilc", "-c", str(version), "-f", "/dev/null", "-o", str(target), str(tmp_path / "tiny.cil")]
    subprocess.run(argv, check=True)
    policy = Policy(target)
    assert policy.db.version == version
    assert policy.types == tiny.types
    for type_ in sorted(tiny.types):
        assert policy.allowed("httpd_t", type_, "file") == tiny.allowed("httpd_t", type_, "file")
    assert policy.port_types("tcp", 8080) == tiny.port_types("tcp", 8080)
    assert policy.transitions_from("init_t") == tiny.transitions_from("init_t")


def test_version_35_has_one_more_set(tiny: Policy, tiny_path: Path) -> None:
    """The kernel's policydb_read reads the never-audited types right after the permissive ones."""
    data = tiny_path.read_bytes()
    cursor = Cursor(data, "tiny")
    cursor.position = 32  # past magic, name, version, configuration and the numbers of tables
    cursor.bitmap()
    cursor.bitmap()
    empty = (64).to_bytes(4, "little") + bytes(8)
    newer = data[:16] + (35).to_bytes(4, "little") + data[20 : cursor.position] + empty + data[cursor.position :]
    found = parse(newer, "tiny")
    assert (found.version, found.type_names) == (35, tiny.db.type_names)


def test_damaged_bytes_give_an_error_or_a_policy_but_never_a_crash(tiny_path: Path, tmp_path: Path) -> None:
    whole = tiny_path.read_bytes()
    generator = random.Random(13)
    refused = 0
    for number in range(1500):
        data = bytearray(whole)
        for _ in range(generator.choice((1, 1, 4))):
            data[generator.randrange(16, len(data))] = generator.choice((0, 1, 2, 127, 255, generator.randrange(256)))
        path = tmp_path / f"{number % 8}"
        path.write_bytes(data)
        try:
            policy = Policy(path)
        except PolicyError:
            refused += 1
            continue
        for source in sorted(policy.types)[:6]:
            policy.allowed(source, "content_t", "file")
            policy.transitions_from(source)
            policy.targets(source, "file", ["read"])
            policy.booleans_for(source, "home_t", "file", ["read"])
            policy.refusals(Context("a", "b", source, "s0"), Context("a", "b", "content_t", "s0:c1"), "file", ["read"])
        policy.transitions_into("httpd_exec_t")
        policy.port_types("tcp", 80)
    assert refused > 300


def test_a_policy_without_mls_is_read(tmp_path: Path) -> None:
    source, target = tmp_path / "plain.cil", tmp_path / "plain.policy"
    source.write_text(
        "(handleunknown allow)(mls false)(class file (read write))(classorder (file))(sid kernel)(sidorder (kernel))"
        "(user u)(role r)(role object_r)(userrole u r)(userrole u object_r)(type a_t)(type b_t)(roletype r a_t)"
        "(roletype object_r b_t)(sensitivity s0)(sensitivityorder (s0))(userlevel u (s0))(userrange u ((s0)(s0)))"
        "(sidcontext kernel (u r a_t ((s0)(s0))))(allow a_t b_t (file (write)))"
    )
    subprocess.run(["secilc", "-c", "33", "-o", target, "-f", os.devnull, source], check=True)
    assert Policy(target).allowed("a_t", "b_t", "file") == {"write"}


@pytest.mark.policy
def test_domains_through_a_type_are_those_of_its_transitions(debian: Policy) -> None:
    for type_ in ("httpd_exec_t", "su_exec_t", "shell_exec_t", "bin_t", "etc_t", "no_such_t"):
        assert debian.domains_through(type_) == frozenset(debian.transitions_into(type_).values())
