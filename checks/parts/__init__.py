"""What judges need beside the lists of objects: each part read in a module of its own."""
