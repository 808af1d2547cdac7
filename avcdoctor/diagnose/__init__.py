"""Groups and facts in, findings out: which cause explains which denials, proven by what."""

from avcdoctor.diagnose.causes.image import notes
from avcdoctor.diagnose.engine import find

__all__ = ["find", "notes"]
