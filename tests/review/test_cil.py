"""CIL as its grammar has it: rules inside blocks, conditions and macros are found, and damage is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.errors import InputError
from avcdoctor.review.cil import module_of, parse, shown
from avcdoctor.review.model import Rule, Statement


def rules(source: str) -> list[Rule]:
    return list(module_of("m", source).rules)


def test_a_plain_rule() -> None:
    assert rules("(allow httpd_t etc_t (file (read open)))") == [
        Rule("allow", "httpd_t", "etc_t", "file", frozenset({"read", "open"}))
    ]


def test_rules_inside_optional_blocks_and_conditions() -> None:
    found = rules(
        "(optional o (allow a_t b_t (file (read))))\n"
        "(block b (in c (dontaudit a_t b_t (dir (search)))))\n"
        "(booleanif (and x y) (true (allow a_t b_t (file (write)))) (false (allow a_t b_t (file (append)))))\n"
    )
    assert [(one.effect, sorted(one.permissions), one.condition) for one in found] == [
        ("allow", ["read"], ""),
        ("dontaudit", ["search"], ""),
        ("allow", ["write"], "(and x y)"),
        ("allow", ["append"], "(not (and x y))"),
    ]


def test_a_macro_is_filled_in_where_it_is_called() -> None:
    found = rules("(macro m ((type ARG)) (allow ARG etc_t (file (read))))(call m (httpd_t))")
    assert found == [Rule("allow", "httpd_t", "etc_t", "file", frozenset({"read"}))]


def test_named_permissions_and_ioctl_numbers() -> None:
    found = rules(
        "(classpermission p)(classpermissionset p (file (read)))(allow a_t b_t p)(allowx a_t b_t (ioctl file (0x1)))"
    )
    assert found[0].permissions == {"read"}
    assert (found[1].permissions, found[1].ioctls) == (frozenset({"ioctl"}), "(0x1)")


def test_what_is_no_rule_is_kept_as_a_statement() -> None:
    module = module_of("m", "(typepermissive httpd_t)(type own_t)(typeattributeset cil_gen_require httpd_t)")
    assert module.statements == (Statement("typepermissive", "(typepermissive httpd_t)"),)
    assert module.declared == {"own_t"}


def test_a_whole_class_is_told() -> None:
    assert rules("(allow a_t b_t (file (all)))")[0].permissions == {"all"}
    assert rules("(allow a_t b_t (file (not (read))))")[0].permissions == {"(not (read))"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("(allow", "open bracket"),
        ("allow)", "closing bracket"),
        ('(a "b', "quotation mark"),
        ("(" * 100, "deeper"),
        ("(macro m () (call m ()) (call m ()))(call m ())", "without end"),
    ],
)
def test_damage_is_named(source: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        module_of("m", source)


def test_macros_that_double_each_other_end() -> None:
    text = "(macro m0 () (call no ()))" + "".join(
        f"(macro m{n} () (call m{n - 1} ()) (call m{n - 1} ()))" for n in range(1, 40)
    )
    with pytest.raises(InputError, match="more than"):
        module_of("m", f"{text}(call m39 ())")


_NODES = st.recursive(
    st.text("abc_.()'\\x1b0 ", min_size=1, max_size=4).filter(lambda word: not set(word) & set('()"; \t\n')),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(_NODES, max_size=4))
def test_what_is_written_is_read_again(nodes: list[object]) -> None:
    def write(node: object) -> str:
        return node if isinstance(node, str) else f"({' '.join(write(one) for one in node)})"  # type: ignore[attr-defined]

    assert parse(" ".join(write(one) for one in nodes)) == nodes


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_safe_to_show(text: str) -> None:
    try:
        module = module_of("m", text)
    except InputError as error:
        assert str(error).isprintable()
        return
    for one in module.statements:
        assert one.text.isprintable()


def test_a_long_statement_is_cut() -> None:
    assert shown(["a"] * 500).endswith("...")
