"""Lets an interrupt (SIGINT, Ctrl-C) end work that has to say how far it came."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


@asynccontextmanager
async def interruptible() -> AsyncIterator[None]:
    """Leave the block at an interrupt, without an error; further interrupts change nothing meanwhile."""
    with anyio.open_signal_receiver(signal.SIGINT) as signals:
        async with anyio.create_task_group() as group:

            async def cancel() -> None:
                async for _ in signals:
                    scope.cancel()

            with anyio.CancelScope() as scope:
                group.start_soon(cancel)
                yield
            group.cancel_scope.cancel()
