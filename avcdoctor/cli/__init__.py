"""The command line: one short file per verb.

Options and arguments are declared with avcdoctor.cli.declare, which every typer from 0.7 on understands. Modules with
verbs do without `from __future__ import annotations`, since it would hide the declarations in texts.
"""

import gc

# Policies and logs become many small objects and no cycles, and so does what is imported: looking for cycles as often
# as Python does by itself took a tenth of the time. It stands here since this is imported first.
gc.set_threshold(200_000, 20, 100)
