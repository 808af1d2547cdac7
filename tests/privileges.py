"""Marks for tests that only root can run: they change owners, or set attributes in the security name space."""

from __future__ import annotations

import os

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change owners and security attributes")
