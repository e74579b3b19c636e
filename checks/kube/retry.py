"""Repeat a request while a new pod's network is set up: NetworkPolicies take effect some seconds after its start."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import anyio

T = TypeVar("T")

SETTLE_SECONDS = 20.0
"""Time after which the NetworkPolicies of a new pod are expected to be in effect."""
PAUSE_SECONDS = 1.0


async def patiently(
    ask: Callable[[], Awaitable[T]],
    answered: Callable[[T], bool],
    settle: float = SETTLE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> T:
    """Repeat a request until it is answered, and return the last result; no attempt begins after `settle` seconds."""
    end = monotonic() + settle
    while True:
        result = await ask()
        if answered(result) or monotonic() + pause > end:
            return result
        await anyio.sleep(pause)
