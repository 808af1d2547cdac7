"""What of a report counts: filters, known denials, a baseline, and the exit code that follows."""
