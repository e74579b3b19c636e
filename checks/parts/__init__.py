"""Parts of a snapshot, one a module: what is read, how, and what stands there if it cannot be read."""
