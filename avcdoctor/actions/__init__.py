"""One file per action: its parameters, command, way back, checks, changes, and how each export writes it."""
