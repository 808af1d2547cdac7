"""Read-only facts about a machine or an offline root, and the one store that fix writes to."""
