"""Run a verification: take a snapshot, run every check, draw the conclusion."""
