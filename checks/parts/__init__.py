"""The parts of a snapshot: each module reads one side of the cluster, and gives what it could not read as Unread."""
