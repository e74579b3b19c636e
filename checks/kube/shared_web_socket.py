"""A WebSocket that threads use at the same time: one sends, and one waits for bytes.

A socket is closed only when no thread uses it any more. Otherwise the next connection could get its number, and the
thread would wait for the bytes of that one: the program would then not end.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Condition
from typing import TypeVar

import websocket
from anyio import CancelScope, CapacityLimiter, to_thread

T = TypeVar("T")


class SharedWebSocket:
    """Runs functions that use an open WebSocket, each in a thread, and closes it after the last of them."""

    def __init__(self, channel: websocket.WebSocket) -> None:
        self.channel = channel
        self._users = 0
        self._closing = False
        self._changed = Condition()
        # The threads of many WebSockets would otherwise use up those that all have together.
        self._threads = CapacityLimiter(2)

    async def run(self, use: Callable[[], T]) -> T:
        """Return what a function returns that uses the WebSocket. If this is cancelled, only `close` ends its thread.

        Raises:
            websocket.WebSocketConnectionClosedException: the WebSocket was closed meanwhile.
        """
        return await to_thread.run_sync(self._run, use, abandon_on_cancel=True, limiter=self._threads)

    async def close(self) -> None:
        """Close the WebSocket; what still sends or waits for bytes ends with an error."""
        with self._changed:
            self._closing = True
        if isinstance(self.channel.sock, socket.socket):
            with suppress(OSError):
                # The method of a TLS socket would also take the encryption from a thread that is about to read.
                socket.socket.shutdown(self.channel.sock, socket.SHUT_RDWR)
        with CancelScope(shield=True):
            await to_thread.run_sync(self._wait_for_users, limiter=CapacityLimiter(1))
        self.channel.shutdown()  # type: ignore[no-untyped-call]

    def _run(self, use: Callable[[], T]) -> T:
        with self._changed:
            if self._closing:
                raise websocket.WebSocketConnectionClosedException("the WebSocket is closed")
            self._users += 1
        try:
            return use()
        finally:
            with self._changed:
                self._users -= 1
                self._changed.notify_all()

    def _wait_for_users(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._users)
