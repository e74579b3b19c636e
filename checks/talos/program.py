"""Run a program for a bounded time, with bounded output and without a shell."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import DEVNULL

import anyio
from anyio.abc import ByteReceiveStream, Process

LARGEST = 1024 * 1024
"""The most bytes that are read of each output."""


@dataclass(frozen=True)
class Done:
    """How a program ended."""

    code: int
    out: str
    err: str


async def run(command: Sequence[str], seconds: float) -> Done | None:
    """Return how a program ended; None if it took longer, and was ended with its children.

    Raises:
        OSError: it cannot be started.
        ValueError: it printed too much, or no text.
    """
    with anyio.CancelScope(shield=True):
        # Cancelled in the middle of its start, it would be ended without its children.
        process = await anyio.open_process(command, stdin=DEVNULL, start_new_session=True)
    outputs: dict[str, bytes] = {}

    async def read(name: str, stream: ByteReceiveStream | None) -> None:
        outputs[name] = await _all(stream) if stream else b""
        if len(outputs[name]) > LARGEST:
            _kill(process)

    try:
        with anyio.move_on_after(seconds):
            async with anyio.create_task_group() as group:
                group.start_soon(read, "out", process.stdout)
                group.start_soon(read, "err", process.stderr)
            code = await process.wait()
            if max(map(len, outputs.values())) > LARGEST:
                raise ValueError("it prints too much")
            return Done(code, outputs["out"].decode(), outputs["err"].decode(errors="replace"))
        return None
    finally:
        await _end(process)


async def _all(stream: ByteReceiveStream) -> bytes:
    """Return an output, up to a little more than the most that is accepted."""
    read = bytearray()
    async for part in stream:
        read += part
        if len(read) > LARGEST:
            break
    return bytes(read)


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _end(process: Process) -> None:
    _kill(process)
    with anyio.CancelScope(shield=True):
        await process.aclose()
