"""The command line: one short file per verb.

Options and arguments are declared with avcdoctor.cli.declare, which every typer from 0.7 on understands. Modules with
verbs do without `from __future__ import annotations`, since it would hide the declarations in texts.
"""
