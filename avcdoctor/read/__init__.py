"""Bytes to groups: decides what a text is, reads it, and counts what it holds."""

from avcdoctor.read.logs import read

__all__ = ["read"]
