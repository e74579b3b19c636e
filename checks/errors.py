"""The errors that end a command. Each carries its exit code, so that one handler serves them all.

CheckError
├── UsageError      a wrong option, file or context: exit 2
└── UncheckedError  nothing could be checked at all: exit 3
"""

INTERRUPTED = 130
"""The exit code after an interrupt (SIGINT, Ctrl-C), as shells have it."""


class CheckError(Exception):
    """A command cannot go on. The message is one sentence with the cause and the way out."""

    exit_code = 3


class UsageError(CheckError):
    """What the user asked for makes no sense: a wrong option, file or context."""

    exit_code = 2


class UncheckedError(CheckError):
    """What was asked for is right, but could not be checked."""
