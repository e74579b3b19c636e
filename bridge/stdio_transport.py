"""The stdio connection to the server's process, which reports when the process ends.

The SDK's client notices the end only at its next request, but the probes need to know it immediately.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mcp import StdioServerParameters, stdio_client

if TYPE_CHECKING:
    from mcp.client._transport import ReadStream, TransportStreams
    from mcp.shared.message import SessionMessage


@asynccontextmanager
async def watched_stdio_client(
    command: StdioServerParameters, *, started: Callable[[], None], ended: Callable[[], None]
) -> "AsyncGenerator[TransportStreams]":
    """Open the SDK's stdio transport; call `started` when the process runs and `ended` when it closes its output.

    Raises:
        OSError: The command cannot be started.
    """
    async with stdio_client(command) as (read, write):
        started()
        try:
            yield _EndReportingStream(read, ended), write
        finally:
            ended()


class _EndReportingStream:
    """A read stream that calls `ended` at its end."""

    def __init__(self, stream: "ReadStream[SessionMessage | Exception]", ended: Callable[[], None]) -> None:
        self._stream = stream
        self._ended = ended

    async def receive(self) -> "SessionMessage | Exception":
        return await self._stream.receive()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> "SessionMessage | Exception":
        try:
            return await self._stream.__anext__()
        except StopAsyncIteration:
            self._ended()
            raise

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._stream.__aexit__(kind, error, trace)
