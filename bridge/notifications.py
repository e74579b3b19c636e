"""What the process says on its own: changed lists, updated resources and log messages, sent to whom it concerns."""

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import mcp_types as types
from mcp.client.session import IncomingMessage
from mcp.server import ServerRequestContext
from mcp.server.connection import allowed_log_levels
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.subscriptions import ServerEvent, event_from_wire, event_to_notification
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from anyio.streams.memory import MemoryObjectSendStream

PING_SECONDS = 15.0
"""Seconds between comments on an idle stream, by which proxies and the bridge learn that the other side is there."""
_BACKLOG = 1024
"""How many events a client may leave unread; then its stream ends, and the client has to ask again."""
_MAX_STREAMS = 256
_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}

_Context = ServerRequestContext[dict[str, Any]]


class Notifications:
    """The streams of clients that listen, and the requests that run."""

    def __init__(self) -> None:
        bus = InMemorySubscriptionBus()
        self._bus = bus
        self._streams: set[MemoryObjectSendStream[ServerEvent]] = set()
        self._running: list[_Context] = []
        self.listen = ListenHandler(bus, max_subscriptions=_MAX_STREAMS)
        """Serves `subscriptions/listen` of protocol 2026-07-28."""

    async def receive(self, message: IncomingMessage) -> None:
        """Pass on what the process has said."""
        if isinstance(message, types.LoggingMessageNotification):
            await self._log(message)
        elif isinstance(message, types.Notification):
            wire = message.model_dump(by_alias=True, mode="json", exclude_none=True)
            if event := event_from_wire(wire["method"], wire.get("params")):
                await self._bus.publish(event)

    @contextmanager
    def to(self, context: _Context) -> Generator[None]:
        """Within it, the request is running."""
        self._running.append(context)
        try:
            yield
        finally:
            self._running.remove(context)

    async def _log(self, message: types.LoggingMessageNotification) -> None:
        # A log message does not say to which request it belongs, and may quote what another client has sent.
        if len(self._running) != 1:
            return
        [context] = self._running
        if message.params.level in allowed_log_levels(context.protocol_version, context.meta):
            await context.session.send_notification(message, related_request_id=context.request_id)

    def stream(self, _: Request) -> Response:
        """Return the stream that clients of older protocols open with GET."""
        if len(self._streams) >= _MAX_STREAMS:
            return Response("too many clients listen: try again later\n", status_code=503)
        return StreamingResponse(self._frames(), media_type="text/event-stream", headers=_HEADERS)

    async def _frames(self) -> AsyncGenerator[str]:
        send, events = anyio.create_memory_object_stream[ServerEvent](_BACKLOG)

        def deliver(event: ServerEvent) -> None:
            try:
                send.send_nowait(event)
            except (anyio.WouldBlock, anyio.ClosedResourceError):
                send.close()

        unsubscribe = self._bus.subscribe(deliver)
        self._streams.add(send)
        try:
            with send, events:
                # The client learns at once that the stream is open.
                frame = ": open\n\n"
                while True:
                    yield frame
                    frame = ": ping\n\n"
                    with anyio.move_on_after(PING_SECONDS):
                        frame = _frame(await events.receive())
        except anyio.EndOfStream:
            return
        finally:
            self._streams.discard(send)
            unsubscribe()

    def close(self) -> None:
        """End all streams of clients that listen, after what is on its way."""
        self.listen.close()
        for stream in list(self._streams):
            stream.close()


def _frame(event: ServerEvent) -> str:
    said = event_to_notification(event, {}).model_dump(by_alias=True, mode="json", exclude_none=True)
    said["params"].pop("_meta")
    return f"event: message\ndata: {json.dumps({'jsonrpc': '2.0', **said})}\n\n"
