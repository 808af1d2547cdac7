"""Findings in, incidents out: remedies made concrete, simulated against the policy and put in order."""

from avcdoctor.remedies.engine import cover, propose
from avcdoctor.remedies.proof import prove

__all__ = ["cover", "propose", "prove"]
