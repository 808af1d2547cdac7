"""Only a sentence tells it: the program, the permission, the class and the object are known, the contexts are not."""

from __future__ import annotations

from typing import Optional

from avcdoctor.access import names
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause

PAGES = (
    Page(
        "told-in-words",
        "only a sentence tells it",
        "setroubleshoot's sentence (`SELinux is preventing PROGRAM from read access on the file NAME`) names the "
        "program, the permission, the class and the object. It lacks both contexts, and these decide. Types that the "
        "policy lets one expect are marked as inferred.",
        "no record tells the same permission, class, program and object",
        "get the record (`sealert -l ID`, or `ausearch -m AVC --raw`) and explain that; a remedy that is shown here is "
        "for the time when the record has confirmed it",
    ),
)


@cause(5, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say what a sentence tells, and how to get the record."""
    if case.group.told:
        return None
    verb = words.verb(case.tclass, case.permissions)
    is_named = case.target or case.shown_path or case.port is not None or names.is_capability(case.tclass)
    what = case.object if is_named else f"a {case.tclass}"
    said = dict.fromkeys(f"setroubleshoot: {one.raw[0]}" for one in case.denials if one.raw)
    return Diagnosis(
        cause="told-in-words",
        title=f"{case.program} may not {verb} {what}; only setroubleshoot's sentence tells it",
        why="setroubleshoot's sentence names the program, the permission, the class and the object, but neither the "
        "process's nor the object's context, and these decide.",
        root=("told-in-words", case.program, case.tclass, case.shown_path, str(case.port)),
        evidence=tuple(said),
        warnings=(_how_to_know_more(case),),
        final=True,
    )


def _how_to_know_more(case: Case) -> str:
    alert = next((one.fields["alert"] for one in case.denials if "alert" in one.fields), "")
    asks = [f"sealert -l {alert}"] if alert else []
    by = f"-x {words.typed(case.exe)}" if case.exe else f"-c {words.typed(case.comm)}"
    asks.append(f"ausearch -m AVC,USER_AVC {by} --raw | avcdoctor explain -")
    label = f"; ls -Z {words.typed(case.path)} shows the label it has now" if case.path else ""
    return f"the raw record tells both contexts: {', or '.join(asks)}{label}"
