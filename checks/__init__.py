"""Proves against the live cluster that what a stack declares is what runs."""
