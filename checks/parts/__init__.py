"""The parts of a snapshot that take more than a list of objects: each reads one thing, and judges nothing."""
