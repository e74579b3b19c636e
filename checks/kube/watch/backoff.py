"""How long to wait before another attempt, as client-go's reflector does."""

from collections.abc import Callable
from random import SystemRandom
from time import monotonic

FIRST_SECONDS = 0.8
LONGEST_SECONDS = 30.0
RESET_SECONDS = 120.0
"""Without a failure for so long, the next wait is short again."""
_FACTOR = 2.0
_RANDOM = SystemRandom()


class Backoff:
    """Waits that double from 0.8 to 30 seconds, each made longer by a random part of up to itself."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._next = FIRST_SECONDS
        self._last = clock()

    def reset(self) -> None:
        """Note that it works: the next wait is short again."""
        self._next = FIRST_SECONDS

    def seconds(self) -> float:
        """Return how long to wait after a failure."""
        now = self._clock()
        if now - self._last > RESET_SECONDS:
            self.reset()
        self._last = now
        wait, self._next = self._next, min(self._next * _FACTOR, LONGEST_SECONDS)
        return wait * (1 + _RANDOM.random())
