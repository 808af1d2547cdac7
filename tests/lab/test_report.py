"""The page of proof says what was seen, the failures too."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict

from lab.case import Case
from lab.loop import Outcome, Try, means
from lab.report import every_loop, merged, page
from lab.run import others


def outcome(**changes: Any) -> Dict[str, Any]:
    case = Case("web-one", "small", "nginx", ("httpd_t", "var_t", "file"), "fcontext", "true")
    denied = Try(1, frozenset({("httpd_t", "var_t", "file", "read")}))
    seen = Outcome(
        case, "small", False, first="fcontext", applied="fcontext: a|b", verdict="allowed", before=denied,
        after=Try(0, frozenset()), undone=denied, added=0, agreed=True, commit="aaaa111",
    )  # fmt: skip
    return {**asdict(seen), **changes}


CUT = {"case": "web-one", "after_seconds": 1.5, "finished": False, "store_loads": True, "history": "", "undo": "exit 0",
       "clean": True, "error": "", "commit": "aaaa111"}  # fmt: skip


def test_a_closed_loop_and_its_figures() -> None:
    text = page([outcome()], [CUT])
    assert "| `small` | **1 of 1** | 0 of 0 | **1 of 1** | 1 of 1 | 0 | aaaa111 |" in text
    assert "- In all: 1 of 1 loops closed with 1 kinds of remedy and 1 services, 1 of 1 simulations right." in text
    assert "- The kinds of remedy: fcontext." in text
    assert (
        "| `web-one` | nginx | httpd_t var_t file | fcontext: a\\|b | denied | works | denied | agreed | closed |"
        in text
    )
    assert "Power cuts during a fix: **1 of 1** without loss (aaaa111)." in text
    assert "What did not close" not in text


def test_an_open_loop_is_shown_with_its_reason() -> None:
    text = page([outcome(), outcome(faults=["still refused\n(exit 1)"], agreed=False)], [{**CUT, "clean": False}])
    assert "| `small` | **1 of 2** | 0 of 0 | **1 of 2** | 2 of 2 | 0 | aaaa111 |" in text
    assert "**differed**" in text and "still refused (exit 1)" in text
    assert "**0 of 1** without loss" in text


def test_advice_is_not_counted_as_a_loop() -> None:
    advised = outcome(after=None, undone=None, agreed=None, added=None)
    advised["case"]["apply"] = False
    text = page([outcome(), advised], [])
    assert "| `small` | **1 of 1** | 1 of 1 | **1 of 1** | 1 of 1 | 0 | aaaa111 |" in text
    assert "| - | - | - | advice |" in text


def test_ways_of_one_kind_are_told_apart() -> None:
    remedy = {"kind": "fcontext", "actions": [{"do": "fcontext-equal-add"}, {"do": "restorecon"}]}
    assert means(remedy) == "equivalence"
    assert means({"kind": "port", "actions": [{"do": "port-modify"}]}) == "port -m"
    ioctl = {"do": "module-install", "parameters": {"cil": "(allowx a self (ioctl udp_socket (0x8927)))"}}
    assert means({"kind": "module", "actions": [ioctl]}) == "module (ioctl)"
    text = page([outcome(means="equivalence")], [])
    assert "The kinds of remedy: equivalence." in text and "| equivalence: a\\|b |" in text


def test_a_difference_is_explained() -> None:
    other = outcome(alternative=1, agreed=False)
    other["case"]["differs"] = "the log names the directory alone"
    text = page([outcome(), other], [])
    assert "### Verdicts that differed in `small`, and why" in text and "the log names the directory alone" in text
    assert "| **differed** | see below |" in text


def test_what_no_policy_can_tell_is_no_verdict() -> None:
    text = page([outcome(verdict="unknown", agreed=None)], [])
    assert "| `small` | **1 of 1** | 0 of 0 | **0 of 0** | 1 of 1 | 0 | aaaa111 |" in text and "| not told |" in text


def test_each_guest_has_its_own_figures_and_what_its_policy_lacks_is_named() -> None:
    absent = outcome(guest="store", absent=("web_t", "web_log_t"), before=None, after=None, undone=None, agreed=None,
                     added=None, applied="")  # fmt: skip
    text = page([outcome(), outcome(guest="full-13", faults=["still refused"]), absent], [])
    assert "| `small` | **1 of 1** |" in text and "| `full-13` | **0 of 1** |" in text
    assert "| `store` | **0 of 0** | 0 of 0 | **0 of 0** | 0 of 0 | 1 | aaaa111 |" in text
    assert "### What did not close in `full-13`, and why" in text
    assert "### Not there in the policy of `store`\n\n- `web-one`: web_t, web_log_t" in text


def test_the_checks_of_tail_and_the_run_are_told() -> None:
    tail = {"commit": "bbbb222", "checks": {"its unit": [], "the plugin": ["it ended"]}}
    text = page([outcome()], [], tail, "One run: 40 minutes.")
    assert "**1 of 2** checks passed (bbbb222)" in text and "| the plugin | **it ended** |" in text
    assert "One run: 40 minutes" in text


def test_rows_of_another_commit_and_loops_that_were_not_run_are_named() -> None:
    other = outcome(commit="bbbb222", audit_rule=True)
    wanted = [("web-one", "small", False), ("web-one", "small", True), ("web-two", "full", True)]
    text = page([outcome(), outcome(alternative=1), other], [], wanted=wanted)
    assert "| aaaa111 (2 rows), bbbb222 (1 rows) |" in text
    assert "### Rows of `small` from another commit than aaaa111\n\n- bbbb222: `web-one`, audit rule\n" in text
    assert "## Loops that were not run\n\n- `web-two` in `full`, audit rule\n" in text
    complete = page([outcome()], [], wanted=wanted[:1])
    assert "another commit" not in complete and "not run" not in complete


def test_every_case_is_wanted_in_each_of_its_guests_as_often_as_its_rules_say() -> None:
    loops = every_loop()
    assert ("web-secret-file", "small", True) in loops and ("debian-sshd-port", "full-13", False) in loops
    assert ("redis-secret-owner", "small", False) not in loops  # it needs the paths of an audit rule


def test_only_remedies_a_program_can_carry_out_are_tried_besides() -> None:
    case = Case("web-one", "small", "nginx", ("httpd_t", "var_t", "file"), "fcontext", "true")
    offered = (("fcontext", "review"), ("module", "review"), ("app-fix", "manual"))
    assert others(Outcome(case, "small", False, first="fcontext", offered=offered)) == [1]


def test_a_later_run_replaces_an_earlier_one(tmp_path: Path) -> None:
    for name, changes in (("first", {"faults": ["broken"]}), ("second", {}), ("third", {"audit_rule": True})):
        (tmp_path / name).write_text(json.dumps([outcome(**changes)], default=sorted), encoding="utf-8")
    found = merged([tmp_path / name for name in ("first", "second", "third", "missing")])
    assert [(one["audit_rule"], one["faults"]) for one in found] == [(False, []), (True, [])]
