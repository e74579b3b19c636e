"""The stdio connection to the server's process.

The SDK has one, too. But it notices the end of the process only at the next request, while the probes need to know it
immediately, and its time for a message grows with the square of the size: 50 MB would take half a minute.
"""

import os
import re
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
# The identifier of a request is near one of the ends of its answer. Inside, there may be others.
_ENDS = 256
_ID = re.compile(rb'^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d+)|"id"\s*:\s*(\d+)\s*\}\s*$')
_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


@asynccontextmanager
async def stdio_connection(
    command: Sequence[str], largest: int, *, started: Callable[[], None], ended: Callable[[], None]
) -> "AsyncGenerator[TransportStreams]":
    """Run the command, and connect to it; call `started` when it runs and `ended` when it closes its output.

    An answer of more than `largest` bytes is replaced by an error: the bridge needs seven times the memory of it.

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
        group.start_soon(_receive, _messages(stdout, largest), stdout, received, ended)
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
    lines: AsyncIterable[SessionMessage | Exception],
    stdout: ByteReceiveStream,
    received: "MemoryObjectSendStream[SessionMessage | Exception]",
    ended: Callable[[], None],
) -> None:
    """Pass on each line that the process writes, to the end of its output."""
    with suppress(*_GONE):
        async with received:
            async for message in lines:
                await received.send(message)
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


async def _messages(chunks: AsyncIterable[bytes], largest: int) -> AsyncGenerator[SessionMessage | Exception]:
    line = _Line(largest)
    async for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for piece in ends:
            line.add(piece)
            yield line.message()
            line = _Line(largest)
        line.add(rest)


class _Line:
    """A line that comes in pieces, of which those of a line that is too large are not kept."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._pieces: list[bytes] = []
        self._size = 0
        self._first = self._last = b""

    def add(self, piece: bytes) -> None:
        """Add the next piece."""
        self._size += len(piece)
        if self._size <= self._largest:
            self._pieces.append(piece)
            return
        self._first = self._first or b"".join([*self._pieces, piece])[:_ENDS]
        self._last = (self._last + piece)[-_ENDS:]
        self._pieces.clear()

    def message(self) -> SessionMessage | Exception:
        """Return the message of the whole line."""
        if self._size > self._largest:
            return self._too_large()
        try:
            return SessionMessage(types.jsonrpc_message_adapter.validate_json(b"".join(self._pieces), by_name=False))
        except ValidationError as error:
            return error

    def _too_large(self) -> SessionMessage | Exception:
        said = f"the server's answer has {self._size} bytes: the bridge passes on at most {self._largest}"
        found = _ID.search(self._first) or _ID.search(self._last)
        if found is None:
            return ValueError(said)
        error = types.ErrorData(code=types.INTERNAL_ERROR, message=said)
        return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=int(found[1] or found[2]), error=error))


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
