"""Changing a machine with care: plan, preflight, apply, verify, history and undo."""
