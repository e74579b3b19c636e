"""Run a verification: take a snapshot, run the checks, and report the results."""
