"""The event log: daily files of JSON lines, which one process appends to (R8.4)."""
