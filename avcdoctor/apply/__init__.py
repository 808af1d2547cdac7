"""Changing a machine: preflight, transaction, verification, history, undo."""
