"""Writes docs/proof.md: what the last runs of the lab saw, loop by loop."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from lab.case import load_all
from lab.kinds import KINDS, guests_of
from lab.paths import PROJECT, cache

Plain = Dict[str, Any]
EXPLAINED = (
    "A loop is closed when the denial was seen, the remedy ranked first cured it, the undo took it back, and it "
    "was denied again. Advice: no program can carry the remedy out; where a person can, it was carried out by "
    "hand. Simulation = kernel: what `explain` said of a remedy is what the kernel then did, also for remedies "
    "that are not ranked first; where no policy can tell (owner and mode, equivalences, what stays denied "
    "unlogged) there is no verdict. Rules as promised: the allow rules in force changed exactly as the remedy "
    "said. Not there: the policy has no such type or place, so nothing was tried."
)
NOTHING: Mapping[str, Sequence[str]] = {}
Loop = Tuple[str, str, bool]  # a case, a guest, with an audit rule


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Write the page from outcome files.

    Returns:
        0; 2 when there is no outcome to write about.
    """
    parser = argparse.ArgumentParser(prog="lab.report", description=__doc__)
    parser.add_argument("--output", default=str(PROJECT / "docs" / "proof.md"))
    parser.add_argument("--cuts", default=str(cache() / "cuts.json"), help="what lab.crash wrote")
    parser.add_argument("--tail", default=str(cache() / "tail.json"), help="what lab.tail wrote")
    parser.add_argument("--run", default="", help="which run it was, in words")
    parser.add_argument("outcomes", nargs="*", help="what lab.run wrote (default: the last run in the cache)")
    chosen = parser.parse_args(arguments)
    files = [Path(name) for name in chosen.outcomes] or [cache() / "outcomes.json"]
    outcomes = merged(files)
    if not outcomes:
        print("lab: no outcomes; run `make lab-full` first", file=sys.stderr)
        return 2
    cuts = json.loads(Path(chosen.cuts).read_text("utf-8")) if Path(chosen.cuts).exists() else []
    tail = json.loads(Path(chosen.tail).read_text("utf-8")) if Path(chosen.tail).exists() else {}
    Path(chosen.output).write_text(page(outcomes, cuts, tail, chosen.run, every_loop()), encoding="utf-8")
    return 0


def every_loop() -> List[Loop]:
    """The loops that the project's cases ask for."""
    return [(case.id, guest, rule) for case in load_all() for guest in guests_of(case.guest) for rule in case.rules]


def merged(files: Sequence[Path]) -> List[Plain]:
    """The outcomes of several runs; a later run's word on the same loop replaces an earlier one's."""
    found: Dict[Any, Plain] = {}
    for file in files:
        for outcome in json.loads(file.read_text("utf-8")) if file.exists() else ():
            key = (outcome["case"]["id"], outcome["guest"], outcome["audit_rule"], outcome["alternative"])
            found[key] = outcome
    return list(found.values())


def page(
    outcomes: Sequence[Plain],
    cuts: Sequence[Plain],
    tail: Mapping[str, Any] = NOTHING,
    run: str = "",
    wanted: Sequence[Loop] = (),
) -> str:
    """The whole page as Markdown.

    Args:
        outcomes: what lab.run found.
        cuts: what lab.crash found.
        tail: what lab.tail found: the commit, and for each check's name what was wrong.
        run: which run it was, in words.
        wanted: every loop there should be; those that were not run are named.
    """
    parts = ["# Proof: what a real kernel did\n", _summary(outcomes, cuts, tail, run)]
    parts += _left_out(outcomes, wanted)
    for guest in guests(outcomes):
        parts += _section(guest, [outcome for outcome in outcomes if outcome["guest"] == guest])
    if cuts:
        parts += ["## Power cuts during a fix\n", _cuts(cuts)]
    if tail:
        parts += ["## `avcdoctor tail` in its own domain, enforcing\n", _tail(tail["checks"])]
    return "\n".join(parts)


def _left_out(outcomes: Sequence[Plain], wanted: Sequence[Loop]) -> List[str]:
    run = {(one["case"]["id"], one["guest"], one["audit_rule"]) for one in outcomes}
    missing = [loop for loop in wanted if loop not in run]
    if not missing:
        return []
    rows = [f"- `{case}` in `{guest}`{', audit rule' if rule else ''}" for case, guest, rule in missing]
    return ["## Loops that were not run\n", *rows, ""]


def commits(found: Sequence[Plain]) -> List[Tuple[str, int]]:
    """The commits that results are of, and how many of each; the one with the most first."""
    return Counter(one["commit"] or "unknown" for one in found).most_common()


def _names(outcomes: Sequence[Plain], commit: str) -> List[str]:
    mine = [one for one in outcomes if (one["commit"] or "unknown") == commit]
    return list(dict.fromkeys(f"`{one['case']['id']}`" + (", audit rule" if one["audit_rule"] else "") for one in mine))


def guests(outcomes: Sequence[Plain]) -> List[str]:
    """The guests that outcomes are from, in the order of the first of each."""
    return list(dict.fromkeys(outcome["guest"] for outcome in outcomes))


def _section(guest: str, outcomes: Sequence[Plain]) -> List[str]:
    there = [outcome for outcome in outcomes if not outcome["absent"]]
    ranked = [outcome for outcome in there if outcome["alternative"] is None]
    more = [outcome for outcome in there if outcome["alternative"] is not None]
    parts = [f"## Loops in the guest `{guest}`\n", f"{KINDS[guest].about}.\n", _table(ranked)]
    if more:
        parts += [f"### Remedies in `{guest}` that were offered but not ranked first\n", _table(more)]
    most, *rest = [commit for commit, _ in commits(outcomes)]
    if rest:
        parts += [f"### Rows of `{guest}` from another commit than {most}\n"]
        parts += [f"- {one}: {', '.join(_names(outcomes, one))}" for one in rest] + [""]
    failed = [outcome for outcome in there if outcome["faults"]]
    if failed:
        parts += [f"### What did not close in `{guest}`, and why\n", *(_fault(outcome) for outcome in failed), ""]
    differed = [outcome for outcome in more if outcome["agreed"] is False and outcome["case"].get("differs")]
    if differed:
        parts += [f"### Verdicts that differed in `{guest}`, and why\n", *map(_difference, differed), ""]
    absent = [outcome for outcome in outcomes if outcome["absent"]]
    if absent:
        said = dict.fromkeys(f"- `{one['case']['id']}`: {', '.join(one['absent'])}" for one in absent)
        parts += [f"### Not there in the policy of `{guest}`\n", *said, ""]
    return parts


def _summary(outcomes: Sequence[Plain], cuts: Sequence[Plain], tail: Mapping[str, Any], run: str) -> str:
    heads = ("guest", "loops closed", "advice as expected", "simulation = kernel", "rules as promised", "not there")
    lines = [
        "This page is written by `python -m lab.report` from the runs described in [lab.md](lab.md)."
        + (f" {run}" if run else ""),
        "",
        *_head((*heads, "commit")),
        *(_figures(guest, [one for one in outcomes if one["guest"] == guest]) for guest in guests(outcomes)),
        "",
        EXPLAINED,
        "",
        *_in_all(outcomes),
    ]
    if cuts:
        lost = sum(not _cut_passed(cut) for cut in cuts)
        said = f"**{len(cuts) - lost} of {len(cuts)}** without loss"
        lines.append(f"- Power cuts during a fix: {said} ({_of(commits(cuts))}).")
    if tail:
        good, all_ = sum(not wrong for wrong in tail["checks"].values()), len(tail["checks"])
        lines.append(f"- `avcdoctor tail`: **{good} of {all_}** checks passed ({tail['commit']}).")
    return "\n".join([*lines, ""])


def _figures(guest: str, outcomes: Sequence[Plain]) -> str:
    there = [outcome for outcome in outcomes if not outcome["absent"]]
    ranked = [outcome for outcome in there if outcome["alternative"] is None]
    loops = [outcome for outcome in ranked if _is_loop(outcome)]
    advice = [outcome for outcome in ranked if not _is_loop(outcome)]
    judged = [outcome for outcome in there if outcome["agreed"] is not None]
    compared = [outcome for outcome in there if outcome["added"] is not None]
    exact = [outcome for outcome in compared if not any("not as promised" in fault for fault in outcome["faults"])]
    cells = [
        f"`{guest}`", f"**{_good(loops)} of {len(loops)}**", f"{_good(advice)} of {len(advice)}",
        f"**{sum(bool(one['agreed']) for one in judged)} of {len(judged)}**", f"{len(exact)} of {len(compared)}",
        str(len(outcomes) - len(there)), _of(commits(outcomes)),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _of(found: Sequence[Tuple[str, int]]) -> str:
    """Commits, each with its number of rows where there are several."""
    return ", ".join(commit if len(found) == 1 else f"{commit} ({count} rows)" for commit, count in found)


def _is_loop(outcome: Plain) -> bool:
    """Whether something is applied, by a program or by hand; otherwise only the advice is judged."""
    return bool(outcome["case"]["apply"] or outcome["case"]["settle"])


def _in_all(outcomes: Sequence[Plain]) -> List[str]:
    """The figures of all guests together, in the words that the README uses too, and which kinds those are."""
    there = [one for one in outcomes if not one["absent"]]
    loops = [one for one in there if one["alternative"] is None and _is_loop(one)]
    closed = [one for one in there if one["applied"] and _is_loop(one) and not one["faults"]]
    kinds = sorted({_means(outcome) for outcome in closed})
    services = {outcome["case"]["service"] for outcome in closed}
    judged = [bool(one["agreed"]) for one in there if one["agreed"] is not None]
    return [
        f"- In all: {_good(loops)} of {len(loops)} loops closed with {len(kinds)} kinds of remedy and {len(services)} "
        f"services, {sum(judged)} of {len(judged)} simulations right.",
        f"- The kinds of remedy: {', '.join(kinds)}.",
    ]


def _means(outcome: Plain) -> str:
    return str(outcome.get("means") or outcome["applied"].split(":")[0])


def _tail(tail: Mapping[str, Sequence[str]]) -> str:
    rows = _head(("check", ""))
    rows += [f"| {name} | {'ok' if not wrong else '**' + '; '.join(wrong) + '**'} |" for name, wrong in tail.items()]
    return "\n".join([*rows, ""])


def _good(outcomes: Sequence[Plain]) -> int:
    return sum(not outcome["faults"] for outcome in outcomes)


def _table(outcomes: Sequence[Plain]) -> str:
    names = ("loop", "service", "denied", "remedy", "before", "after", "undone", "verdict", "")
    return "\n".join([*_head(names), *(_row(outcome) for outcome in outcomes), ""])


def _head(names: Sequence[str]) -> List[str]:
    return ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]


def _row(outcome: Plain) -> str:
    case = outcome["case"]
    source, target, tclass = case["denied"]
    name = f"`{case['id']}`" + (", audit rule" if outcome["audit_rule"] else "")
    remedy = outcome["applied"].replace("|", "\\|") or "-"
    if remedy != "-" and _means(outcome) != remedy.split(":")[0]:
        remedy = f"{_means(outcome)}: {remedy.split(': ', 1)[1]}"
    more = len(outcome["further"])
    remedy += f", and {more} more for what followed" if more else ""
    remedy += " (not the first)" if case["choose"] and outcome["alternative"] is None else ""
    tries = [_word(outcome[key]) for key in ("before", "after", "undone")]
    verdict = {True: "agreed", False: "**differed**", None: "-"}[outcome["agreed"]]
    verdict = "not told" if verdict == "-" and outcome["after"] is not None else verdict
    by_hand = "closed" if case["apply"] else "closed by hand"
    sign = "**open**" if outcome["faults"] else by_hand if _is_loop(outcome) else "advice"
    if outcome["agreed"] is False and not outcome["faults"]:
        sign = "see below"
    cells = [name, case["service"], f"{source} {target} {tclass}", remedy, *tries, verdict, sign]
    return "| " + " | ".join(cells) + " |"


def _word(attempt: Optional[Plain]) -> str:
    if attempt is None:
        return "-"
    return "denied" if attempt["code"] else "works"


def _fault(outcome: Plain) -> str:
    said = "; ".join(" ".join(fault.split())[:300] for fault in outcome["faults"]).replace("|", "\\|")
    return f"- `{outcome['case']['id']}`{' (audit rule)' if outcome['audit_rule'] else ''}: {said}"


def _difference(outcome: Plain) -> str:
    return f"- `{outcome['case']['id']}`, {outcome['applied']}: {outcome['case']['differs']}"


def _cut_passed(cut: Plain) -> bool:
    return bool(cut["store_loads"] and cut["clean"] and not cut["error"])


def _cuts(cuts: Sequence[Plain]) -> str:
    rows = _head(("fix", "cut after", "fix had ended", "store loads", "undo", "as before", ""))
    for cut in cuts:
        flags = ["yes" if cut[key] else "no" for key in ("finished", "store_loads")]
        clean = "yes" if cut["clean"] else "**no**"
        sign = "ok" if _cut_passed(cut) else f"**{cut['error'] or 'lost'}**"
        cells = [f"`{cut['case']}`", f"{cut['after_seconds']:.2f} s", *flags, cut["undo"] or "-", clean, sign]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join([*rows, ""])


if __name__ == "__main__":
    sys.exit(main())
