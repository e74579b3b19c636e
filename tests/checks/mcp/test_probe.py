"""The MCP probe against real servers of the official SDK, and against things that only look like one."""

import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import NoReturn, Protocol

import anyio
import pytest
import uvicorn
from mcp.server import MCPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from checks.kube.connection import Connection
from checks.mcp import probe as mcp_probe
from checks.mcp import quick as mcp_quick
from checks.mcp.answer import NOT_OFFERED, Answer, Outcome
from checks.mcp.messages import VERSION
from checks.mcp.plain_error import plain_error
from stacks.model.server import SmokeCall

SMOKE = SmokeCall(tool="add", arguments={"a": 1, "b": 2})


def server() -> MCPServer:
    mcp = MCPServer("test")

    @mcp.tool()
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    @mcp.tool()
    def broken() -> str:
        """Fail."""
        raise ValueError

    @mcp.tool()
    def says(text: str) -> str:
        """Say it, as servers do that report failures as text."""
        return text

    return mcp


@contextmanager
def running(app: ASGIApp, certificate: Path | None = None) -> Iterator[Connection]:
    """Run a server; over HTTPS with the `crt` and `key` of a folder."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, ws="none")
    if certificate:
        config.ssl_certfile, config.ssl_keyfile = certificate / "crt", certificate / "key"
    uvicorn_server = uvicorn.Server(config)
    thread = Thread(target=uvicorn_server.run, args=([listener],))
    thread.start()
    try:
        yield Connection("test", f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        uvicorn_server.should_exit = True
        thread.join()
        listener.close()


def page(answer: Response) -> Starlette:
    async def respond(_request: Request) -> Response:
        return answer

    return Starlette(routes=[Route("/mcp", respond, methods=["GET", "POST", "DELETE"])])


def hung() -> Starlette:
    async def respond(_request: Request) -> Response:
        await anyio.sleep_forever()
        raise AssertionError

    return Starlette(routes=[Route("/mcp", respond, methods=["GET", "POST", "DELETE"])])


class Ask(Protocol):
    def __call__(self, connection: Connection, smoke: SmokeCall | None = None, deadline: float = 15) -> Answer:
        """Probe a server."""


def asking(probe: Callable[[Connection, str, Sequence[SmokeCall], float], Awaitable[Answer]]) -> Ask:
    def ask(connection: Connection, smoke: SmokeCall | None = None, deadline: float = 15) -> Answer:
        return anyio.run(probe, connection, "/mcp", (smoke,) if smoke else (), deadline)

    return ask


@pytest.fixture(params=[mcp_probe.probe, mcp_quick.probe], ids=["official", "quick"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Give the official client, or the quick one, which must come to the same answers."""
    return asking(request.param)


@pytest.mark.parametrize("stateless", [True, False])
@pytest.mark.parametrize("json_response", [True, False])
def test_real_server_answers(ask: Ask, stateless: bool, json_response: bool) -> None:
    with running(server().streamable_http_app(stateless_http=stateless, json_response=json_response)) as connection:
        answer = ask(connection, SMOKE)
    assert answer.outcome is Outcome.ANSWERED, answer.detail
    assert answer.tools == {"add", "broken", "says"}
    assert answer.smoke_errors == (None,)
    assert answer.protocol
    # Sessions belong to the older protocol: the newer one has none, whatever the server's setting.
    assert answer.sessions is False
    assert 0 < answer.latency_ms <= answer.seconds * 1000


def refuse(*_: object) -> NoReturn:
    raise AssertionError


@pytest.mark.parametrize("json_response", [True, False])
@pytest.mark.parametrize(
    ("smoke", "errors"),
    [
        (SMOKE, (None,)),
        (SmokeCall(tool="broken"), ("Error executing tool broken",)),
        (SmokeCall(tool="nobody"), (NOT_OFFERED,)),
        (None, ()),
    ],
)
def test_server_of_the_newest_protocol_needs_no_official_client(
    json_response: bool, smoke: SmokeCall | None, errors: tuple[str | None, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_probe, "probe", refuse)
    with running(server().streamable_http_app(stateless_http=True, json_response=json_response)) as connection:
        answer = asking(mcp_quick.probe)(connection, smoke)
    assert (answer.outcome, answer.protocol) == (Outcome.ANSWERED, VERSION)
    assert answer.smoke_errors == errors


def changing(app: ASGIApp, old: bytes, new: bytes) -> ASGIApp:
    """Replace bytes in every answer of a server that sends JSON."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if name != b"content-length"]
                message = {**message, "headers": headers}
            await send({**message, "body": message["body"].replace(old, new)} if "body" in message else message)

        await app(scope, receive, changed)

    return respond


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"jsonrpc":"2.0"', b'"jsonrpc":"1.0"'),
        (b'"id":2', b'"id":"two"'),
        (b'"inputSchema":{', b'"inputSchema":{"type":"array","x":{'),
        (b'"structuredContent":{"result":3}', b'"structuredContent":{"result":"three"}'),
        (b'"isError":false', b'"isError":"perhaps"'),
    ],
)
def test_answer_that_is_not_plainly_good_is_judged_by_the_official_client(old: bytes, new: bytes) -> None:
    app = changing(server().streamable_http_app(stateless_http=True, json_response=True), old, new)
    with running(app) as connection:
        answers = [asking(probe)(connection, SMOKE, 2) for probe in (mcp_probe.probe, mcp_quick.probe)]
    official, quick = [(a.outcome, a.detail, a.tools, a.smoke_errors) for a in answers]
    assert quick == official
    assert quick[0] is not Outcome.ANSWERED or quick[3]


def old(app: ASGIApp) -> ASGIApp:
    """Make a server refuse the newer protocol, as servers of last year do."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and b"2026-07-28" in dict(scope["headers"]).get(b"mcp-protocol-version", b""):
            await PlainTextResponse("Bad Request", status_code=400)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return respond


@pytest.mark.parametrize("stateless", [True, False])
def test_sessions_of_an_older_server_are_noticed(ask: Ask, stateless: bool) -> None:
    with running(old(server().streamable_http_app(stateless_http=stateless))) as connection:
        answer = ask(connection, SMOKE)
    assert answer.outcome is Outcome.ANSWERED, answer.detail
    assert answer.protocol < "2026"
    assert answer.sessions is not stateless


def losing(app: ASGIApp, method: str, times: int) -> ASGIApp:
    """Make a server close the connection before it answers a method, so many times."""
    left = [times]

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        first = [await receive()] if scope["type"] == "http" else []

        async def replayed() -> Message:
            return first.pop() if first else await receive()

        if left[0] and first and f'"{method}"'.encode() in first[0].get("body", b""):
            left[0] -= 1
            await Response(media_type="text/event-stream")(scope, replayed, send)
        else:
            await app(scope, replayed, send)

    return respond


@pytest.mark.parametrize("method", ["tools/list", "tools/call"])
def test_an_answer_that_got_lost_is_asked_for_once_more(method: str) -> None:
    ask = asking(mcp_probe.probe)
    with running(losing(server().streamable_http_app(stateless_http=True), method, 1)) as connection:
        answer = ask(connection, SMOKE)
    assert (answer.outcome, answer.smoke_errors, answer.lost) == (Outcome.ANSWERED, (None,), False)
    with running(losing(server().streamable_http_app(stateless_http=True), method, 2)) as connection:
        answer = ask(connection, SMOKE)
    assert (answer.outcome, answer.lost) == (Outcome.NO_MCP, True)
    assert answer.detail == "SSE stream ended without a response"


def test_a_connection_that_was_closed_without_an_answer_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_probe, "PAUSE_SECONDS", 0.0)
    closed: list[int] = []

    def close_each(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    closed.append(len(connection.recv(65536)))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=close_each, args=(listener,), daemon=True).start()
        answer = asking(mcp_probe.probe)(Connection("test", f"http://127.0.0.1:{listener.getsockname()[1]}"), SMOKE)
        listener.shutdown(socket.SHUT_RDWR)
    assert (answer.outcome, answer.lost) == (Outcome.UNREACHABLE, True)
    assert len([size for size in closed if size]) >= 2


def test_failing_smoke_call_gives_the_tools_own_words(ask: Ask) -> None:
    with running(server().streamable_http_app(stateless_http=True)) as connection:
        answer = ask(connection, SmokeCall(tool="broken"))
    assert answer.outcome is Outcome.ANSWERED
    assert answer.smoke_errors == ("Error executing tool broken",)


def test_failure_told_as_ordinary_text_is_a_failure(ask: Ask) -> None:
    with running(server().streamable_http_app(stateless_http=True)) as connection:
        told = ask(connection, SmokeCall(tool="says", arguments={"text": "Error: no such node"}))
        well = ask(connection, SmokeCall(tool="says", arguments={"text": "Errors: none"}))
    assert (told.outcome, told.smoke_errors) == (Outcome.ANSWERED, ("Error: no such node",))
    assert (well.outcome, well.smoke_errors) == (Outcome.ANSWERED, (None,))


@pytest.mark.parametrize(
    "text",
    [
        "Error: connection refused",
        "error : nothing there",
        "ERROR: x",
        "Error executing talosctl: exit status 1",
        "Failed to connect to 10.0.0.1",
        "failed: timeout",
        "Traceback (most recent call last):\n  File",
        "  \nFatal: no config",
        '{"error": "no such node"}',
        '{"error": {"code": 5}}',
    ],
)
def test_plain_errors(text: str) -> None:
    assert plain_error([text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Errors: none",
        "Error rate: 0 %",
        "error",
        "Failed pods: 0",
        "no error: all fine",
        "The last run ended with Error: x",
        '{"error": null}',
        '{"error": ""}',
        '{"error": "x", "nodes": []}',
        '["error"]',
        "12:00 UTC",
    ],
)
def test_answers_that_are_no_errors(text: str) -> None:
    assert plain_error([text]) is None


def test_bad_smoke_arguments_are_an_error_of_the_call(ask: Ask) -> None:
    with running(server().streamable_http_app(stateless_http=True)) as connection:
        answer = ask(connection, SmokeCall(tool="add", arguments={"a": "one"}))
    assert answer.outcome is Outcome.ANSWERED
    assert any(answer.smoke_errors)


def test_wrong_path_is_no_mcp(ask: Ask) -> None:
    with running(server().streamable_http_app(streamable_http_path="/elsewhere")) as connection:
        answer = ask(connection)
    assert (answer.outcome, answer.detail) == (Outcome.NO_MCP, "the endpoint answered HTTP 404")


@pytest.mark.parametrize(
    "answer",
    [
        HTMLResponse("<html>Welcome to nginx</html>"),
        JSONResponse({"hello": "world"}),
        PlainTextResponse("ok"),
        PlainTextResponse("broken", status_code=500),
        Response(status_code=202),
    ],
    ids=["html", "other-json", "text", "500", "202"],
)
def test_something_else_is_no_mcp(ask: Ask, answer: Response) -> None:
    with running(page(answer)) as connection:
        assert ask(connection).outcome is Outcome.NO_MCP


@pytest.mark.parametrize("code", [401, 403])
def test_gated_server_is_up_and_gated(ask: Ask, code: int) -> None:
    with running(page(JSONResponse({"error": "token"}, status_code=code))) as connection:
        answer = ask(connection)
    assert answer.outcome is Outcome.GATED
    assert str(code) in answer.detail


@pytest.mark.parametrize(
    ("code", "outcome"), [(403, Outcome.FORBIDDEN), (503, Outcome.UNREACHABLE), (404, Outcome.UNREACHABLE)]
)
def test_refusal_of_the_api_server_is_told_from_the_servers_own(ask: Ask, code: int, outcome: Outcome) -> None:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "said the API server", "code": code}
    with running(page(JSONResponse(body, status_code=code))) as connection:
        answer = ask(connection)
    assert (answer.outcome, answer.detail) == (outcome, "said the API server")


def test_hung_server_ends_at_the_deadline(ask: Ask) -> None:
    with running(hung()) as connection:
        start = time.perf_counter()
        answer = ask(connection, deadline=0.5)
        took = time.perf_counter() - start
    assert answer.outcome is Outcome.TIMEOUT
    assert took < 5


def test_nobody_listens(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = ask(Connection("test", f"http://127.0.0.1:{port}"))
    assert answer.outcome is Outcome.UNREACHABLE
    assert answer.detail
