"""What the watches of one API server share: when it is down, only one of them asks, at most once a second."""

from time import monotonic

import anyio

PAUSE_SECONDS = 1.0
"""The shortest time between two requests while the API server is down."""


class Availability:
    """Whether the API server answers."""

    def __init__(self) -> None:
        self._answers = anyio.Event()
        self._answers.set()
        self._turns = anyio.Lock()
        self._last = -PAUSE_SECONDS

    @property
    def down(self) -> bool:
        """Return whether the last request was not answered."""
        return not self._answers.is_set()

    def failed(self) -> None:
        """Note that a request was not answered."""
        if self._answers.is_set():
            self._answers = anyio.Event()

    def answered(self) -> None:
        """Note that a request was answered; who waits goes on at once."""
        self._answers.set()

    async def turn(self) -> None:
        """Wait until a request may be sent: at once, or while the API server is down, once a second."""
        async with self._turns:
            while self.down:
                pause = self._last + PAUSE_SECONDS - monotonic()
                if pause <= 0:
                    self._last = monotonic()
                    return
                await self.pause(pause)

    async def pause(self, seconds: float) -> None:
        """Wait so long, or while the API server is down, until it answers again."""
        with anyio.move_on_after(seconds):
            if self.down:
                await self._answers.wait()
            else:
                await anyio.sleep_forever()
