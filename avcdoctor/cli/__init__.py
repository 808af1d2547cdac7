"""The command line: one short file per verb.

Modules with verbs do without `from __future__ import annotations`: on Python 3.9 typer can't evaluate `Annotated`
options that are kept as text.
"""
