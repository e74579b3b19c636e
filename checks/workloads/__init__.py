"""Declared workloads and their pods, for the checks `servers`, `objects` and `health`."""
