"""Denials to groups: exact, mergeable, bounded."""
