"""What verbs do once their options are read: imported when a verb runs, so that its help waits for no policy."""
