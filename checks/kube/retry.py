"""Asks again while a pod's own network is not there yet: NetworkPolicies take effect some seconds after its start."""

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

import anyio

T = TypeVar("T")

SETTLE_SECONDS = 20.0
"""Longest time after which the network of a new pod is expected to be as its NetworkPolicies say."""
PAUSE_SECONDS = 1.0


async def patiently(
    ask: Callable[[], Awaitable[T]],
    answered: Callable[[T], bool],
    settle: float = SETTLE_SECONDS,
    pause: float = PAUSE_SECONDS,
) -> T:
    """Ask until there is an answer, and give the last result; no new try begins after `settle` seconds."""
    end = monotonic() + settle
    while True:
        result = await ask()
        if answered(result) or monotonic() + pause > end:
            return result
        await anyio.sleep(pause)
