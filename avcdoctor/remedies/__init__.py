"""Findings in, incidents out: remedies made concrete, simulated against the policy and put in order."""

from avcdoctor.remedies.covering import cover
from avcdoctor.remedies.engine import propose
from avcdoctor.remedies.proof import prove

__all__ = ["cover", "propose", "prove"]
