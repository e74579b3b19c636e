"""A WebSocket server with the subprotocol `mcp`, for tests: the SDK has none.

`python3 socket_server.py` serves MCP in a pod: at `/ws`, and at `/guarded` with the token of the variable TOKEN.
"""

import base64
import hashlib
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Thread

import anyio
import anyio.to_thread
import mcp_types as types
from anyio.abc import ByteStream, Listener, SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSStream
from mcp.server import MCPServer
from mcp.shared.message import SessionMessage

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
Headers = Mapping[str, str]
Answers = Callable[[str, Headers], bytes | None]
"""The HTTP answer to a request for a path with these headers; None opens a WebSocket."""


def answer(status: str, body: str = "", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", body]).encode()


def frame(content: bytes, kind: int = TEXT) -> bytes:
    size = len(content)
    if size < 126:
        return bytes([0x80 | kind, size]) + content
    if size < 1 << 16:
        return bytes([0x80 | kind, 126]) + size.to_bytes(2) + content
    return bytes([0x80 | kind, 127]) + size.to_bytes(8) + content


class Peer:
    """A client whose WebSocket is open."""

    def __init__(self, stream: ByteStream, received: BufferedByteReceiveStream) -> None:
        self.stream = stream
        self._received = received

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield the messages until the client closes the WebSocket."""
        while True:
            first, second = await self._received.receive_exactly(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(await self._received.receive_exactly(2 if size == 126 else 8))
            mask = await self._received.receive_exactly(4)
            content = await self._received.receive_exactly(size)
            if first & 0xF == CLOSE:
                return
            if first & 0xF == TEXT:
                yield bytes(byte ^ mask[number % 4] for number, byte in enumerate(content))


_GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.IncompleteRead, ssl.SSLError)
Talk = Callable[[Peer], Awaitable[None]]


Serve = Callable[[ByteStream], Awaitable[None]]


async def serve_mcp(server: MCPServer, peer: Peer) -> None:
    """Speak MCP with a client."""
    received, read = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write, sent = anyio.create_memory_object_stream[SessionMessage](0)

    async def send() -> None:
        async for item in sent:
            text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
            # A client answers pings by itself.
            await peer.stream.send(frame(b"", PING) + frame(text.encode()))

    async def receive() -> None:
        with received:
            async for text in peer.messages():
                await received.send(SessionMessage(types.jsonrpc_message_adapter.validate_json(text, by_name=False)))

    async with received, read, write, sent, anyio.create_task_group() as group:
        group.start_soon(send)
        group.start_soon(receive)
        low = server._lowlevel_server
        await low.run(read, write, low.create_initialization_options())
        group.cancel_scope.cancel()


async def handle(stream: ByteStream, talk: Talk, answers: Answers, subprotocol: str = "mcp") -> None:
    """Answer one request: with a WebSocket, and then `talk`, or as `answers` says."""
    received = BufferedByteReceiveStream(stream)
    try:
        async with stream:
            lines = (await received.receive_until(b"\r\n\r\n", 65536)).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            refused = answers(lines[0].split()[1], headers)
            if refused is not None:
                await stream.send(refused)
                return
            digest = hashlib.sha1((headers["sec-websocket-key"] + GUID).encode()).digest()
            opening = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
            opening += [f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}"]
            opening += [f"Sec-WebSocket-Protocol: {subprotocol}"] if subprotocol else []
            await stream.send("\r\n".join([*opening, "", ""]).encode())
            await talk(Peer(stream, received))
    except* _GONE:
        pass


async def listen(listener: Listener[SocketStream], serve: Serve, tls: ssl.SSLContext | None = None) -> None:
    """Serve until cancelled."""

    async def accept(stream: SocketStream) -> None:
        async with stream:
            with suppress(*_GONE):
                await serve(await TLSStream.wrap(stream, server_side=True, ssl_context=tls) if tls else stream)

    async with listener:
        await listener.serve(accept)


@contextmanager
def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on a port of loopback, in a thread."""
    ready, ports, ended = Event(), list[int](), Event()

    async def main() -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        ports.append(listener.extra(SocketAttribute.local_port))
        async with anyio.create_task_group() as group:
            group.start_soon(listen, listener, serve, tls)
            ready.set()
            await anyio.to_thread.run_sync(ended.wait)
            group.cancel_scope.cancel()

    thread = Thread(target=anyio.run, args=(main,))
    thread.start()
    ready.wait(30)
    try:
        yield ports[0]
    finally:
        ended.set()
        thread.join()


PORT = 8080
ANYWHERE = "0.0.0.0"


def gate(path: str, headers: Headers) -> bytes | None:
    """Answer the kubelet's probes, and refuse other tokens."""
    if path in ("/health", "/ready", "/startup"):
        return answer("200 OK", "well")
    if path == "/ws" and "upgrade" in headers:
        return None
    if path != "/guarded":
        return answer("404 Not Found")
    return None if headers.get("authorization") == f"Bearer {os.environ['TOKEN']}" else answer("401 Unauthorized")


async def main() -> None:
    """Serve MCP."""
    mcp = MCPServer("live")

    @mcp.tool()
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    async def serve(stream: ByteStream) -> None:
        await handle(stream, partial(serve_mcp, mcp), gate)

    await listen(await anyio.create_tcp_listener(local_host=ANYWHERE, local_port=PORT), serve)


if __name__ == "__main__":
    anyio.run(main)
