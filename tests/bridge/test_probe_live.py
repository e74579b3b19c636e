"""The kubelet's probe by MCP (`launch probe`) against servers of the official SDK, and against other things."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from checks.kube.connection import Connection
from tests.checks.mcp.live_server import certificate
from tests.checks.mcp.test_probe import hung, old, page, running, server

pytestmark = pytest.mark.live

Probe = Callable[..., str]


@pytest.fixture
def probe(launch: Path) -> Probe:
    """Probe a server, and return why that failed; empty if it succeeded."""

    def run(connection: Connection, transport: str = "http", path: str = "/mcp", timeout: str = "5s") -> str:
        command = [str(launch), "probe", transport, connection.host + path, timeout]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == ((1, "", 1) if done.stderr else (0, "", 0))
        return done.stderr.replace(connection.host, "").removeprefix("launch: ").strip()

    return run


def noting(app: ASGIApp, exchanges: list[tuple[str, int]]) -> ASGIApp:
    """Note the method and the status of each exchange."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchanges.append((scope["method"], message["status"]))
            await send(message)

        await app(scope, receive, noted)

    return respond


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("json_response", [False, True])
@pytest.mark.parametrize("stateless", [False, True])
def test_server_answers_and_no_session_is_left(probe: Probe, stateless: bool, json_response: bool, older: bool) -> None:
    app: ASGIApp = server().streamable_http_app(stateless_http=stateless, json_response=json_response)
    exchanges: list[tuple[str, int]] = []
    with running(noting(old(app) if older else app, exchanges)) as connection:
        assert probe(connection) == ""
    assert exchanges == ([("POST", 200)] if stateless else [("POST", 200), ("DELETE", 200)])


def answering(initialize: Response, otherwise: ASGIApp | None = None) -> ASGIApp:
    """Answer requests of the older protocol so, and leave those of the newest to another application."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        newest = dict(scope.get("headers", [])).get(b"mcp-protocol-version") == b"2026-07-28"
        is_left = scope["type"] != "http" or newest
        await (otherwise if is_left and otherwise else initialize)(scope, receive, send)

    return respond


@pytest.mark.parametrize("status", [400, 404])
def test_server_of_the_newest_protocol_alone_answers(probe: Probe, status: int) -> None:
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "Method not found"}}
    app = answering(JSONResponse(error, status), server().streamable_http_app(stateless_http=True))
    with running(app) as connection:
        assert probe(connection) == ""


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25"])
def test_any_version_is_an_answer(probe: Probe, version: str) -> None:
    result = {"protocolVersion": version, "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
    with running(page(JSONResponse({"jsonrpc": "2.0", "id": 1, "result": result}))) as connection:
        assert probe(connection) == ""


def test_other_messages_of_a_stream_come_first(probe: Probe) -> None:
    notice = '{"jsonrpc": "2.0", "method": "notifications/message", "params": {}}'
    result = '{"jsonrpc": "2.0",\ndata: "id": 1, "result": {"protocolVersion": "2025-11-25"}}'
    body = f"id: 1\ndata:\n\n: comment\n\ndata: {notice}\n\nevent: message\ndata: {result}\n\n"
    with running(page(Response(body, media_type="text/event-stream"))) as connection:
        assert probe(connection) == ""
    with running(page(Response(body.partition("event:")[0], media_type="text/event-stream"))) as connection:
        assert probe(connection) == "/mcp: answers HTTP 200 without an answer of MCP"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("transport", ["http", "sse"])
def test_server_that_requires_credentials_is_up(probe: Probe, transport: str, status: int) -> None:
    with running(page(PlainTextResponse("no", status))) as connection:
        assert probe(connection, transport) == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (PlainTextResponse("broken", 500), "answers HTTP 500 without an answer of MCP"),
        (PlainTextResponse("busy", 503), "answers HTTP 503 without an answer of MCP"),
        (PlainTextResponse("absent", 404), "answers HTTP 404 without an answer of MCP"),
        (RedirectResponse("/elsewhere"), "answers HTTP 307 without an answer of MCP"),
        (HTMLResponse("<html>Welcome</html>"), "answers HTTP 200 without an answer of MCP"),
        (JSONResponse({"hello": "world"}), "answers HTTP 200 without an answer of MCP"),
        (JSONResponse({"jsonrpc": "2.0", "id": 1, "result": {}}), "answers initialize without a protocol version"),
        (JSONResponse({"jsonrpc": "2.0", "id": 2, "result": {}}), "answers HTTP 200 without an answer of MCP"),
        (
            JSONResponse(
                {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "no\ndatabase " + "x" * 300}}
            ),
            f"answers HTTP 200: no database {'x' * 188}…",
        ),
        (
            JSONResponse({"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-11-25"}}, 500),
            "answers HTTP 500",
        ),
    ],
)
def test_what_is_no_answer_of_mcp_fails_in_one_line(probe: Probe, given: Response, told: str) -> None:
    with running(page(given)) as connection:
        assert probe(connection) == f"/mcp: {told}"


def test_hung_server_and_closed_port_fail(probe: Probe) -> None:
    with running(hung()) as connection:
        start = time.perf_counter()
        assert probe(connection, timeout="1s") == "/mcp: no answer over MCP within 900ms"
        assert probe(connection, "sse", timeout="1s") == "/mcp: no answer over MCP within 900ms"
        assert time.perf_counter() - start < 8
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = Connection("test", f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert "connection refused" in probe(closed)


def test_endless_answer_ends_at_the_deadline(probe: Probe) -> None:
    async def respond(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        for _number in range(10_000):
            await send({"type": "http.response.body", "body": b" " * 1000, "more_body": True})

    app = Starlette()
    app.mount("/", respond)
    with running(app) as connection:
        assert probe(connection) == "/mcp: answers HTTP 200 without an answer of MCP"


def test_stream_of_the_older_transport(probe: Probe) -> None:
    with running(server().sse_app()) as connection:
        assert probe(connection, "sse", "/sse") == ""
        assert probe(connection, "sse", "/other") == "/other: answers HTTP 404 without a stream"
        assert probe(connection, "http", "/sse") == "/sse: answers HTTP 405 without an answer of MCP"
    with running(page(Response("data: hello\n\n", media_type="text/event-stream"))) as connection:
        assert probe(connection, "sse") == "/mcp: the stream does not begin with the event endpoint"


def test_certificate_is_not_verified(probe: Probe, tmp_path: Path) -> None:
    certificate(tmp_path)
    with running(server().streamable_http_app(), tmp_path) as connection:
        assert probe(connection) == ""
        plain = Connection("test", connection.host.replace("https://", "http://"))
        assert probe(plain) != ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ws", "http://localhost/mcp", "1s"], '"ws" is not a transport: use http or sse'),
        (["http", "http://localhost/mcp", "soon"], '"soon" is not a time, such as 3s'),
        (["http", "http://localhost/mcp"], "usage: launch copy FILE | "),
    ],
)
def test_wrong_usage_is_told(launch: Path, arguments: list[str], told: str) -> None:
    done = subprocess.run([str(launch), "probe", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.startswith(f"launch: {told}"), done.stderr.count("\n")) == (1, True, 1)
