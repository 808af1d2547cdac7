"""Choosing, simulating and saving a plan."""
