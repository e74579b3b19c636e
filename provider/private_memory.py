"""Secrets in the memory of this process stay there: no core dump, and no debugger of the same user.

The kernel then also gives `/proc/PID/environ` to root alone. Programs that this process starts are not affected.
"""

import ctypes
import sys

_PR_SET_DUMPABLE = 4


def protect() -> None:
    """Let the kernel write no core dump of this process, and show its memory and environment to root alone (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
