"""Following the live trail."""
