"""Android's policies: an app may not reach past the platform's interfaces, and no user of a device can change that."""

from __future__ import annotations

from typing import Optional

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Proposal, RuledOut

_USER, _ROLES = "u", ("r", "object_r")  # of every context of Android's policies


PAGES = (
    Page(
        "android-app",
        "an app that Android keeps away",
        "Android's policy lets apps use the platform's interfaces only, and no user or app can change it.",
        "the contexts are Android's, and the source is a domain of apps",
        "the platform's interface for the same thing; nothing, where the app goes on without it",
    ),
)


@cause(10, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say that an app has to use the platform's interface instead, or nothing."""
    source = case.source_context
    if source.user != _USER or source.role not in _ROLES or not facts.in_group(case.source, "android_app"):
        return None
    steps = (
        f"use the platform's interface for what {case.shown_path or case.target} would tell (network interfaces: "
        "ConnectivityManager; device data: the Build class and its permissions)",
        "nothing is broken by the refusal where the library falls back: look whether the app misses anything",
    )
    return Diagnosis(
        cause="android-app",
        title=f"{case.described()}: Android keeps apps away from it",
        why=f"{case.source} is the domain of apps. Android's policy lets them use the platform's interfaces only, and "
        "neither a user nor an app can change it. What worked on an older version was closed on purpose.",
        root=("android", case.source, case.target),
        evidence=(f"context of an Android app: {source}",),
        ruled_out=(RuledOut("module", "a device's policy is signed with its system image"),),
        proposals=(Proposal("keep-denied", {"steps": steps}), Proposal("app-fix", {"steps": steps[:1]})),
        final=True,
    )
