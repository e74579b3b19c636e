"""Reactions to events: find out what is behind an event, and say it (R8.3)."""
