"""A port of this machine that leads to a pod's port, as `kubectl port-forward` opens it.

The API server's proxies remove the header Authorization from requests. A forwarded port passes every byte.
"""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import anyio
import websocket
from anyio import to_thread
from anyio.abc import SocketAttribute, SocketStream

from checks.kube.connection import Connection
from checks.kube.port_forward import DATA, ForwardError, next_bytes, open_channel, refusals
from checks.kube.shared_web_socket import SharedWebSocket

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

SECONDS = 15.0
"""Timeout for opening a port."""
_SILENCE_SECONDS = 3600.0
"""Timeout for the next bytes: a tool call may be silent for long, and who uses the port has a deadline."""
_ENDS = (
    ForwardError,
    websocket.WebSocketException,
    OSError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
)


@asynccontextmanager
async def forwarded(connection: Connection, namespace: str, pod: str, port: int) -> "AsyncGenerator[str]":
    """Return host and port of this machine's loopback interface that lead to a pod's port.

    Raises:
        ForwardError: the API server refused, or cannot be reached.
    """

    def opened() -> websocket.WebSocket:
        with refusals(SECONDS):
            channel = open_channel(connection, namespace, pod, port, SECONDS)
        channel.settimeout(_SILENCE_SECONDS)
        return channel

    # The first channel is opened at once, so that a refusal is known.
    ready = [await to_thread.run_sync(opened)]

    async def serve(stream: SocketStream) -> None:
        async with stream:
            with suppress(ForwardError):
                await _join(stream, ready.pop() if ready else await to_thread.run_sync(opened))

    try:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        async with listener, anyio.create_task_group() as group:
            group.start_soon(listener.serve, serve)
            yield f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"  # noqa: S610 - not Django
            group.cancel_scope.cancel()
    finally:
        for channel in ready:
            channel.shutdown()  # type: ignore[no-untyped-call]


async def _join(stream: SocketStream, channel: websocket.WebSocket) -> None:
    """Pass bytes between a connection and a channel until one of them ends."""
    begun = set[int]()
    shared = SharedWebSocket(channel)

    async def send() -> None:
        async for sent in stream:
            await shared.run(partial(channel.send_binary, bytes([DATA]) + sent))

    async def receive() -> None:
        while True:
            await stream.send(await shared.run(partial(next_bytes, channel, begun)))

    async def until_it_ends(pump: Callable[[], Awaitable[None]]) -> None:
        with suppress(*_ENDS):
            await pump()
        group.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(until_it_ends, send)
            group.start_soon(until_it_ends, receive)
    finally:
        await shared.close()
