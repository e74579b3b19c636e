"""Declared workloads and their pods, for the checks `servers` and `health`."""
