"""Reads that run at the same time: started now, their values there when all have ended."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import anyio

K = TypeVar("K")
T = TypeVar("T")


class Later(Generic[T]):
    """A read that runs in a task group; its value is there when the group has ended."""

    value: T

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read

    async def run(self) -> None:
        """Read."""
        self.value = await self._read()


async def gather(reads: Mapping[K, Callable[[], Awaitable[T]]]) -> dict[K, T]:
    """Run reads at the same time, and give their values under the same keys."""
    slots = {key: Later(read) for key, read in reads.items()}
    async with anyio.create_task_group() as group:
        for slot in slots.values():
            group.start_soon(slot.run)
    return {key: slot.value for key, slot in slots.items()}
