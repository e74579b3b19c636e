"""Read several things at the same time."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

K = TypeVar("K")
T = TypeVar("T")


async def read_each(read: Callable[[K], Awaitable[T]], keys: Iterable[K]) -> dict[K, T]:
    """Return what `read` returns for each key, in the order of the keys; all are read at the same time."""
    keys, values = list(keys), dict[K, T]()

    async def one(key: K) -> None:
        values[key] = await read(key)

    async with anyio.create_task_group() as group:
        for key in keys:
            group.start_soon(one, key)
    return {key: values[key] for key in keys}
