"""What some judges need beside the lists of a snapshot: each part is read by a module of its own."""
