"""One file per cause of a denial."""
