"""Pulumi as a process: it is found on PATH, and gets an interrupt where its user is cancelled."""

import shutil
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import Process

from checks.errors import UsageError

_STOP_SECONDS = 60


def require_pulumi(purpose: str) -> str:
    """Return the program; `purpose` says what Pulumi is needed for.

    Raises:
        UsageError: it is not on PATH.
    """
    if (program := shutil.which("pulumi")) is None:
        raise UsageError(f"pulumi is not on PATH, and {purpose}: install it, or run `cortex local env`")
    return program


@asynccontextmanager
async def interrupted_if_cancelled(process: Process) -> AsyncGenerator[None]:
    """Pass a cancellation on to the process, and wait for its end, so that it releases the lock of its stack."""
    try:
        yield
    except anyio.get_cancelled_exc_class():
        process.send_signal(signal.SIGINT)
        with anyio.move_on_after(_STOP_SECONDS, shield=True):
            await process.wait()
        raise
