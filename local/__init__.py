"""The embedded cluster: its tools, its images, its node, and the commands that start and stop it."""
