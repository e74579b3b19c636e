"""Rules between the parts of a declaration."""
