"""The knowledge the policy itself can't tell: rule packs, one YAML file a service, and small tables of facts."""

from avcdoctor.knowledge.match import condition_covers, condition_holds, rule_matches
from avcdoctor.knowledge.packs import load
from avcdoctor.knowledge.schema import Knowledge, Rule, Service

__all__ = ["Knowledge", "Rule", "Service", "condition_covers", "condition_holds", "load", "rule_matches"]
