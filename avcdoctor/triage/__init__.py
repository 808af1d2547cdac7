"""Finds the layer that stops a program: SELinux, or one of the many that only look like it."""

from avcdoctor.triage.judge import judge

__all__ = ["judge"]
