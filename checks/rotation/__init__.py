"""Set, rotate and delete Secrets of a stack, with a log that has no values."""
