"""A WebSocket whose messages are texts of at most so many bytes, under the subprotocol `mcp`."""

from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import httpx2
import websocket
from anyio import to_thread

from checks.kube.connection import CONNECT_SECONDS, Connection
from checks.kube.shared_web_socket import SharedWebSocket
from checks.kube.web_socket import open_web_socket
from checks.mcp.answer import Answer, Outcome
from checks.mcp.failure import bad_status
from checks.plain_text import brief

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

LARGEST_BYTES = 16 * 1024 * 1024
"""Size of a message above which it is not read: that which most WebSocket servers allow."""
_SUBPROTOCOL = "mcp"
_GOODBYE_SECONDS = 0.5
_SILENCE_SECONDS = 3600.0
"""Timeout for the next message: a tool call may be silent for long, and each conversation has a deadline."""


class BrokenError(ValueError):
    """The WebSocket was refused, or broke."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.detail)
        self.answer = answer


class Channel:
    """An open WebSocket, whose messages are texts."""

    def __init__(self, channel: websocket.WebSocket) -> None:
        channel.settimeout(_SILENCE_SECONDS)
        self._channel = channel
        self._shared = SharedWebSocket(channel)
        self._sending = False
        self._left = LARGEST_BYTES
        # The library reads a frame of any size.
        channel.frame_buffer.recv = partial(self._counted, channel.frame_buffer.recv)

    async def send(self, message: str) -> None:
        """Send a message."""
        self._sending = True
        await self._shared.run(partial(self._channel.send, message))
        self._sending = False

    async def receive(self) -> str:
        """Return the next message.

        Raises:
            BrokenError: the connection ended, or something else came.
        """
        return await self._shared.run(self._receive)

    async def close(self) -> None:
        """Take leave of the server, unless a part of a message may be on its way, and close the WebSocket."""
        if not self._sending:
            with suppress(websocket.WebSocketException, OSError):
                self._channel.settimeout(_GOODBYE_SECONDS)
                self._channel.send_close()
        await self._shared.close()

    def _receive(self) -> str:
        self._left = LARGEST_BYTES
        try:
            kind, content = self._channel.recv_data()
            if kind == websocket.ABNF.OPCODE_TEXT:
                return bytes(content).decode()
        except (websocket.WebSocketConnectionClosedException, OSError):
            raise BrokenError(_closed("")) from None
        except (websocket.WebSocketException, UnicodeDecodeError) as error:
            raise BrokenError(Answer(Outcome.NO_MCP, f"invalid WebSocket frame: {brief(str(error))}")) from None
        if kind == websocket.ABNF.OPCODE_CLOSE:
            raise BrokenError(_closed(_reason(bytes(content))))
        raise BrokenError(Answer(Outcome.NO_MCP, "the server sent a binary frame, but MCP has text frames"))

    def _counted(self, receive: Callable[[int], bytes], size: int) -> bytes:
        found = receive(size)
        self._left -= len(found)
        if self._left < 0:
            raise BrokenError(Answer(Outcome.NO_MCP, f"the server sent a message of more than {LARGEST_BYTES} bytes"))
        return found


def _closed(why: str) -> Answer:
    return Answer(Outcome.NO_MCP, f"the server closed the WebSocket{why} before its answer", lost=True)


def _reason(content: bytes) -> str:
    """Return code and reason of a close frame."""
    if len(content) < 2:
        return ""
    reason = brief(content[2:].decode(errors="replace"))
    return f" ({int.from_bytes(content[:2])}{f': {reason}' if reason else ''})"


@asynccontextmanager
async def opened(connection: Connection, path: str) -> "AsyncGenerator[Channel]":
    """Return an open WebSocket, and close it at the end.

    Raises:
        BrokenError: the WebSocket was refused.
        OSError, httpx2.TransportError: it could not be opened.
    """
    channel = Channel(await to_thread.run_sync(_open, connection, path, abandon_on_cancel=True))
    try:
        yield channel
    finally:
        await channel.close()


def _open(connection: Connection, path: str) -> websocket.WebSocket:
    try:
        return open_web_socket(connection, path, _SUBPROTOCOL, CONNECT_SECONDS)
    except websocket.WebSocketBadStatusException as refused:
        body = refused.resp_body if isinstance(refused.resp_body, bytes) else b""
        headers = refused.resp_headers or {}
        refusal = bad_status(refused.status_code, body, challenged="www-authenticate" in headers)
        answer = refusal.answer()
        wanted = " instead of opening a WebSocket" if answer.outcome is Outcome.NO_MCP else ""
        raise BrokenError(Answer(answer.outcome, answer.detail + wanted, challenge=answer.challenge)) from None
    except websocket.WebSocketTimeoutException:
        raise httpx2.ReadTimeout("no answer in time") from None
    except TimeoutError:
        raise httpx2.ConnectTimeout("no connection in time") from None
    except (websocket.WebSocketConnectionClosedException, ConnectionResetError):
        raise httpx2.ReadError("the connection was closed") from None
    except (websocket.WebSocketAddressException, websocket.WebSocketProxyException) as error:
        raise httpx2.ConnectError(brief(str(error))) from None
    except websocket.WebSocketException:
        # Also the answer of a program that does not speak HTTP.
        detail = f"the endpoint did not agree to a WebSocket with the subprotocol {_SUBPROTOCOL}"
        raise BrokenError(Answer(Outcome.NO_MCP, detail)) from None
