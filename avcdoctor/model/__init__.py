"""The nouns of avcdoctor: frozen dataclasses without any input, output or third-party import.

In the order in which they come about: `denial`, `group`, `proposals`, `remedy`, `finding`, `report`; `causes` has a
page for each cause, and `text` makes what a log says safe to show.
"""

from avcdoctor.model.denial import KERNEL, MANAGER, NOT_TOLD, PROVENANCES, TEXT, Context, Denial, EventId, PathRecord
from avcdoctor.model.finding import Finding, Incident, RuledOut, incident_id
from avcdoctor.model.group import Buckets, Counted, Group, HostSeen, InputSummary, Reading, Rest, Unreadable
from avcdoctor.model.proposals import Proposal
from avcdoctor.model.remedy import APPLICABILITIES, REMEDY_KINDS, Action, GrantedRule, Remedy, Simulation
from avcdoctor.model.report import Known, PolicyInfo, Report, Spread
from avcdoctor.model.text import raw_name, safe_text

__all__ = [
    "APPLICABILITIES",
    "KERNEL",
    "MANAGER",
    "NOT_TOLD",
    "PROVENANCES",
    "REMEDY_KINDS",
    "TEXT",
    "Action",
    "Buckets",
    "Context",
    "Counted",
    "Denial",
    "EventId",
    "Finding",
    "GrantedRule",
    "Group",
    "HostSeen",
    "Incident",
    "InputSummary",
    "Known",
    "PathRecord",
    "PolicyInfo",
    "Proposal",
    "Reading",
    "Remedy",
    "Report",
    "Rest",
    "RuledOut",
    "Simulation",
    "Spread",
    "Unreadable",
    "incident_id",
    "raw_name",
    "safe_text",
]
