"""Memory protection: programs that want writable memory to be executable."""

from __future__ import annotations

from typing import List, Optional

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes.boolean import settings_for
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal

_BY_PROCESS = frozenset({"execmem", "execstack"})


PAGES = (
    Page(
        "memory-protection",
        "memory both writable and executable",
        "The program asks for memory that it can write and run, as just-in-time compilers do, and exploits.",
        "execmem, execstack, execheap or execmod",
        "the program's own option, or the boolean for just this kind of program",
    ),
    Page(
        "text-relocation",
        "a library that changes its own code",
        "The library was built without position-independent code, and has to be changed in memory to run.",
        "execmod on a library",
        "build it right; textrel_shlib_t until then",
    ),
)


@cause(150, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Explain execmem, execstack and execmod, or nothing (execheap and page zero are dangers)."""
    if case.tclass == "process" and case.permissions & _BY_PROCESS:
        return _process(case)
    if case.tclass == "file" and "execmod" in case.permissions:
        return _relocation(case)
    return None


def _process(case: Case) -> Diagnosis:
    what = "its stack executable" if "execstack" in case.permissions else "memory both writable and executable"
    proposals: List[Proposal] = [
        Proposal("boolean", {"name": name, "value": value}) for name, value in settings_for(case)
    ]
    stack_fix = (
        "clear the flag of the program or library that asks for it: `execstack -q FILE`, then `execstack -c FILE`"
    )
    proposals.append(
        Proposal(
            "app-fix",
            {
                "steps": (
                    stack_fix
                    if "execstack" in case.permissions
                    else "switch the just-in-time compiler off if the service has such an option",
                    "ask the program's makers for a build that does not need it",
                )
            },
        )
    )
    proposals.append(Proposal("module", {}))
    return Diagnosis(
        cause="memory-protection",
        title=f"{case.program} wants to make {what}",
        why="Just-in-time compilers need that; for any other program it is how an attacker's code comes to run. So "
        "the policy keeps it behind an option, and a service that does not need it should not have it.",
        root=("memory", case.source),
        proposals=tuple(proposals),
        warnings=("every hole that lets an attacker write memory becomes one that lets him run code",),
    )


def _relocation(case: Case) -> Diagnosis:
    path, type_ = case.path, facts.role("text_relocation")
    return Diagnosis(
        cause="text-relocation",
        title=f"{case.program} may not load {case.object}: the library changes its own code",
        why="The library was built without position-independent code, so the loader must change code pages before "
        f"they run (execmod). The right cure is a new build; the type {type_} marks libraries that are known "
        "to need it.",
        root=("textrel", path or case.name),
        proposals=(
            Proposal("fcontext", {"type": type_, "place": path}),
            Proposal(
                "app-fix",
                {"steps": ("build the library again with -fPIC; `readelf -d FILE | grep TEXTREL` shows the fault",)},
            ),
        ),
    )
