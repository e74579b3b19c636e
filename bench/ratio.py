"""Times two ways of doing the same in turn, so that a busy machine hinders both alike."""

import statistics
import time
from collections.abc import Callable


def interleaved(one: Callable[[], object], other: Callable[[], object], runs: int = 3) -> tuple[float, float]:
    """Time both in turn, after a warm-up of each, and give their medians, in seconds."""
    pairs = [(seconds(one), seconds(other)) for _ in range(runs + 1)][1:]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def seconds(work: Callable[[], object]) -> float:
    """Give how long the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
