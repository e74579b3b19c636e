"""The error classes of the embedded cluster.

LocalError
├── ToolError       a program cannot be found, installed or built
├── ClusterError    the cluster cannot be started, stopped or used as requested
└── ImageError      an image cannot be built (local.images)
"""


class LocalError(Exception):
    """Base class; each message is one sentence with the cause and the way out."""


class ToolError(LocalError):
    """A program that the cluster needs cannot be found, installed or built."""


class ClusterError(LocalError):
    """The cluster cannot be started, stopped or used as requested."""
