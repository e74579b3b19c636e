"""The stdio connection to the server's process.

The SDK has one, too. But it notices the end of the process only at the next request, while the probes need to know it
immediately, and its time for a message grows with the square of the size: 50 MB would take half a minute.
"""

import os
import signal
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from subprocess import PIPE
from typing import TYPE_CHECKING, cast

import anyio
import mcp_types as types
from anyio.abc import ByteReceiveStream, ByteSendStream, Process
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.client._transport import TransportStreams

PATIENCE_SECONDS = 2.0
"""How long the process has to end after each step: after the end of its input, and after SIGTERM."""
_FLUSH_SECONDS = 0.5
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


@asynccontextmanager
async def stdio_connection(
    command: Sequence[str], *, started: Callable[[], None], ended: Callable[[], None]
) -> "AsyncGenerator[TransportStreams]":
    """Run the command, and connect to it; call `started` when it runs and `ended` when it closes its output.

    Raises:
        OSError: The command cannot be started.
    """
    # A group of its own, so that all that it has started can be ended with it. Its log is that of the bridge.
    process = await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=None, start_new_session=True)
    stdin, stdout = cast("ByteSendStream", process.stdin), cast("ByteReceiveStream", process.stdout)
    received, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, sent = anyio.create_memory_object_stream[SessionMessage](0)
    flushed = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(_receive, stdout, received, ended)
        group.start_soon(_send, sent, stdin, received, flushed)
        started()
        try:
            yield read, write
        finally:
            ended()
            with anyio.CancelScope(shield=True):
                read.close()
                write.close()
                with anyio.move_on_after(_FLUSH_SECONDS):
                    await flushed.wait()
                await _end(process, stdin)
            group.cancel_scope.cancel()


async def _receive(
    stdout: ByteReceiveStream,
    received: "MemoryObjectSendStream[SessionMessage | Exception]",
    ended: Callable[[], None],
) -> None:
    """Pass on each line that the process writes, to the end of its output."""
    with suppress(*_GONE):
        async with received:
            async for line in _lines(stdout):
                await received.send(_message(line))
    ended()
    # The session has gone. A process that still writes could not end otherwise.
    with suppress(*_GONE, anyio.EndOfStream):
        while True:
            await stdout.receive()


async def _send(
    sent: "MemoryObjectReceiveStream[SessionMessage]",
    stdin: ByteSendStream,
    received: "MemoryObjectSendStream[SessionMessage | Exception]",
    flushed: anyio.Event,
) -> None:
    """Write each message as a line."""
    try:
        async with sent:
            async for item in sent:
                await stdin.send(item.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
    except _GONE:
        # The process has closed its input, and may live on: without this, requests would wait for their timeout.
        await received.aclose()
    finally:
        flushed.set()


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    pieces: list[bytes] = []
    async for chunk in chunks:
        first, *others = chunk.split(b"\n")
        pieces.append(first)
        if others:
            yield b"".join(pieces)
            for line in others[:-1]:
                yield line
            pieces = [others[-1]]


def _message(line: bytes) -> SessionMessage | Exception:
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValidationError as error:
        return error


async def _end(process: Process, stdin: ByteSendStream) -> None:
    """End the process in the way of MCP: close its input, send SIGTERM, then SIGKILL to all that it has started."""
    with suppress(*_GONE):
        await stdin.aclose()
    for step in (signal.SIGTERM, signal.SIGKILL):
        with anyio.move_on_after(PATIENCE_SECONDS):
            # `Process.wait` would also wait for the end of the output, which a process left behind keeps open.
            while process.returncode is None:
                await anyio.sleep(0.01)
        if process.returncode is None or step is signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, step)
    with anyio.move_on_after(PATIENCE_SECONDS):
        await process.aclose()
