"""A WebSocket that threads use is closed when they have ended, and not before."""

import time
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import pytest
import websocket

from checks.kube.connection import Connection
from checks.kube.shared_web_socket import SharedWebSocket
from checks.kube.web_socket import open_web_socket
from tests.checks.mcp.socket_server import Peer, handle, listening


async def silent(peer: Peer) -> None:
    async for _ in peer.messages():
        pass


def shared(main: Callable[[SharedWebSocket], Awaitable[None]]) -> None:
    with listening(partial(handle, talk=silent, answers=lambda *_: None)) as port:
        channel = open_web_socket(Connection("test", f"http://127.0.0.1:{port}"), "/", "mcp", 5)
        channel.settimeout(3600)
        anyio.run(main, SharedWebSocket(channel))


def test_a_thread_that_nobody_waits_for_ends_before_the_socket_is_closed() -> None:
    seen: list[str] = []

    def wait(socket: SharedWebSocket) -> None:
        seen.append("waits")
        try:
            socket.channel.recv_data()
        finally:
            # Whoever waited is not yet done when it is woken.
            time.sleep(0.1)
            seen.append("ended")

    async def main(socket: SharedWebSocket) -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(socket.run, partial(wait, socket))
            while not seen:
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        assert seen == ["waits"]
        await socket.close()
        assert seen == ["waits", "ended"]
        assert socket.channel.sock is None

    shared(main)


def test_what_comes_after_the_end_is_refused() -> None:
    async def main(socket: SharedWebSocket) -> None:
        await socket.run(partial(socket.channel.send, "one"))
        await socket.close()
        with pytest.raises(websocket.WebSocketConnectionClosedException):
            await socket.run(partial(socket.channel.send, "two"))

    shared(main)


def test_it_is_closed_although_its_user_is_cancelled() -> None:
    async def main(socket: SharedWebSocket) -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await socket.close()
        assert socket.channel.sock is None

    shared(main)
