"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], object], seconds: float, pause: float = 0.05) -> bool:
    """Wait until `holds()` is true. Return whether that was so in time; `pause` is the time between two calls."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True
