"""Repeat a verification and report what changes."""
