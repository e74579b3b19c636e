"""Errors of the embedded cluster.

LocalError
├── ToolError       a program cannot be found or built
├── ClusterError    the cluster cannot start, stop, or be what was asked
└── ImageError      an image cannot be built (local.images)
"""


class LocalError(Exception):
    """Something about the embedded cluster went wrong; the message is one sentence with the cause and the way out."""


class ToolError(LocalError):
    """A program that the cluster needs cannot be found or built."""


class ClusterError(LocalError):
    """The cluster cannot start, stop, or be what was asked."""
