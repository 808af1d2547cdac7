"""Read-only facts about a machine or an offline root, and the one store that fix writes to."""

from avcdoctor.host.ask import Answer, Question
from avcdoctor.host.file_contexts import FileContext
from avcdoctor.host.files import FileFacts, Files
from avcdoctor.host.host import Host, open_host
from avcdoctor.host.labels import Labels
from avcdoctor.host.policy import ConditionalAllow, Policy
from avcdoctor.host.verdict import Verdict

__all__ = [
    "Answer",
    "ConditionalAllow",
    "FileContext",
    "FileFacts",
    "Files",
    "Host",
    "Labels",
    "Policy",
    "Question",
    "Verdict",
    "open_host",
]
