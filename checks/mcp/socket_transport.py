"""The transport WebSocket: one JSON-RPC message in a text frame, under the subprotocol `mcp`.

No revision of MCP has it. It is that of the official SDKs 1.x, for versions of the protocol before 2026-07-28.
"""

from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
import mcp_types as types
import websocket
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from checks.kube.connection import Connection
from checks.mcp.answer import Answer, Outcome
from checks.mcp.socket_channel import BrokenError, Channel, opened
from checks.plain_text import brief

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.client._transport import TransportStreams


@asynccontextmanager
async def web_socket(
    connection: Connection, path: str, broken: Callable[[Answer], None]
) -> "AsyncGenerator[TransportStreams]":
    """Return the transport; `broken` is told how the connection ended before the conversation.

    Raises:
        BrokenError: the WebSocket was refused.
        OSError, httpx2.TransportError: it could not be opened.
    """
    async with opened(connection, path) as channel:
        received, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        write, sent = anyio.create_memory_object_stream[SessionMessage](0)
        async with received, read, write, sent, anyio.create_task_group() as group:
            group.start_soon(_receive, channel, received, broken)
            group.start_soon(_send, channel, sent)
            yield read, write
            group.cancel_scope.cancel()


async def _receive(
    channel: Channel, received: "MemoryObjectSendStream[SessionMessage | Exception]", broken: Callable[[Answer], None]
) -> None:
    """Pass on each message; the end of the stream ends the conversation."""
    async with received:
        try:
            while True:
                text = await channel.receive()
                await received.send(SessionMessage(types.jsonrpc_message_adapter.validate_json(text, by_name=False)))
        except BrokenError as error:
            broken(error.answer)
        except ValidationError:
            broken(Answer(Outcome.NO_MCP, f"the server sent what is not JSON-RPC: {brief(text)}"))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return


async def _send(channel: Channel, sent: "MemoryObjectReceiveStream[SessionMessage]") -> None:
    # A WebSocket that broke is told by what reads from it.
    with suppress(websocket.WebSocketException, OSError):
        async for item in sent:
            await channel.send(item.message.model_dump_json(by_alias=True, exclude_unset=True))
