"""A forwarded port, against an API server that joins the channels of its WebSocket with a port of this machine."""

import base64
import hashlib
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from checks.kube import forwarded_port
from checks.kube.connection import Connection
from checks.kube.forwarded_port import forwarded
from checks.kube.port_forward import ForwardError
from tests.checks.mcp.test_probe import running

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MANY = 42
"""More than there are threads for all of a program."""
LARGE = "x" * 200_000


class Forwarder(BaseHTTPRequestHandler):
    """Plays pods/portforward of the API server."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "/pods/denied/" in self.path:
            body = b'{"kind": "Status", "message": "pods is forbidden"}'
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        accept = base64.b64encode(hashlib.sha1((self.headers["Sec-WebSocket-Key"] + _GUID).encode()).digest())
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.send_header("Sec-WebSocket-Protocol", self.headers["Sec-WebSocket-Protocol"])
        self.end_headers()
        port = int(self.path.partition("ports=")[2])
        for channel in (0, 1):
            self.frame(bytes([channel]) + struct.pack("<H", port))
        try:
            with socket.create_connection(("127.0.0.1", port)) as pod:
                downward = Thread(target=self.downward, args=[pod])
                downward.start()
                while sent := self.message():
                    pod.sendall(sent[1:])
                pod.shutdown(socket.SHUT_RDWR)
                downward.join()
        except ConnectionRefusedError:
            self.frame(b"\x01connection refused")
        self.close_connection = True

    def downward(self, pod: socket.socket) -> None:
        try:
            while received := pod.recv(65536):
                self.frame(b"\x00" + received)
        except OSError:
            pass

    def frame(self, content: bytes) -> None:
        self.wfile.write(struct.pack("!BBQ", 0x82, 127, len(content)) + content)

    def message(self) -> bytes:
        start = self.rfile.read(2)
        if len(start) < 2:
            return b""
        length = start[1] & 0x7F
        if length > 125:
            length = int.from_bytes(self.rfile.read(2 if length == 126 else 8), "big")
        mask = self.rfile.read(4)
        return bytes(byte ^ mask[place % 4] for place, byte in enumerate(self.rfile.read(length)))

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@contextmanager
def forwarder() -> Iterator[Connection]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
    thread = Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield Connection("test", f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pod() -> Starlette:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(request.headers["Authorization"] + LARGE)

    return Starlette(routes=[Route("/mcp", answer)])


def port_of(connection: Connection) -> int:
    return int(connection.host.rpartition(":")[2])


def test_requests_pass_with_their_credentials_over_several_connections() -> None:
    async def main(api: Connection, port: int) -> list[str]:
        texts: list[str] = []
        async with forwarded(api, "cortex-mcp", "time-1", port) as place:
            for token in ("one", "two"):
                async with httpx2.AsyncClient(trust_env=False) as client:
                    answer = await client.get(f"http://{place}/mcp", headers={"Authorization": token})
                    texts.append(answer.text)
        return texts

    with running(pod()) as target, forwarder() as api:
        texts = anyio.run(main, api, port_of(target))
    assert texts == [f"one{LARGE}", f"two{LARGE}"]


def test_a_pod_may_be_silent_for_longer_than_a_port_takes_to_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarded_port, "SECONDS", 0.5)

    async def slow(_: Request) -> Response:
        await anyio.sleep(1.5)
        return PlainTextResponse("late")

    async def main(api: Connection, port: int) -> str:
        async with forwarded(api, "cortex-mcp", "time-1", port) as place, httpx2.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://{place}/mcp", timeout=30)).text

    with running(Starlette(routes=[Route("/mcp", slow)])) as target, forwarder() as api:
        assert anyio.run(main, api, port_of(target)) == "late"


def test_many_connections_may_wait_at_once() -> None:
    waiting: list[int] = []

    async def together(_: Request) -> Response:
        waiting.append(1)
        with anyio.fail_after(60):
            while len(waiting) < MANY:
                await anyio.sleep(0.05)
        return PlainTextResponse("all")

    async def main(api: Connection, port: int) -> list[str]:
        texts: list[str] = []

        async def ask(place: str) -> None:
            async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=60) as client:
                texts.append((await client.get(f"http://{place}/mcp")).text)

        async with forwarded(api, "cortex-mcp", "time-1", port) as place, anyio.create_task_group() as group:
            for _ in range(MANY):
                group.start_soon(ask, place)
        return texts

    with running(Starlette(routes=[Route("/mcp", together)])) as target, forwarder() as api:
        assert anyio.run(main, api, port_of(target)) == ["all"] * MANY


def test_refusal_of_the_api_server_is_told() -> None:
    async def main(api: Connection) -> None:
        async with forwarded(api, "cortex-mcp", "denied", 80):
            raise AssertionError

    with forwarder() as api, pytest.raises(ForwardError, match="pods is forbidden") as refused:
        anyio.run(main, api)
    assert refused.value.status == 403


def test_port_that_nobody_serves_ends_the_connection() -> None:
    async def main(api: Connection, port: int) -> None:
        async with (
            forwarded(api, "cortex-mcp", "time-1", port) as place,
            httpx2.AsyncClient(trust_env=False) as client,
        ):
            with pytest.raises(httpx2.TransportError):
                await client.get(f"http://{place}/mcp")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with forwarder() as api:
        anyio.run(main, api, port)
