"""Drift, one thing at a time, on a live stack: what verification must find, and nothing else."""
