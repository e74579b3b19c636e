"""Sessions that a server keeps for clients of an older protocol only."""

import anyio
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from checks.kube.connection import Connection
from checks.mcp.answer import Answer, Outcome
from checks.mcp.session import with_sessions
from tests.checks.mcp.test_probe import hung, page, running, server

ANSWERED = Answer(Outcome.ANSWERED, definitions={"add": {}}, seconds=1.0)


def asked(connection: Connection, deadline: float = 15) -> Answer:
    return anyio.run(with_sessions, connection, "/mcp", ANSWERED, deadline)


@pytest.mark.parametrize("stateless", [True, False])
def test_session_of_the_older_protocol_is_noticed_and_ended(stateless: bool) -> None:
    methods: list[str] = []

    def noting(app: ASGIApp) -> ASGIApp:
        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            methods.append(scope.get("method", ""))
            await app(scope, receive, send)

        return respond

    with running(noting(server().streamable_http_app(stateless_http=stateless))) as connection:
        answer = asked(connection)
    assert (answer.outcome, answer.tools) == (Outcome.ANSWERED, frozenset({"add"}))
    assert answer.sessions is not stateless
    assert [method for method in methods if method] == (["POST"] if stateless else ["POST", "DELETE"])


@pytest.mark.parametrize(
    "answer", [PlainTextResponse("no", 400), JSONResponse({"error": 1}, 404), PlainTextResponse("")]
)
def test_server_without_the_older_protocol_has_no_sessions(answer: Response) -> None:
    with running(page(answer)) as connection:
        assert asked(connection).outcome is Outcome.ANSWERED
        assert asked(connection).sessions is False


def test_what_is_not_known_is_no_pass() -> None:
    with running(hung()) as connection:
        answer = asked(connection, deadline=0.3)
    assert (answer.outcome, answer.detail) == (Outcome.TIMEOUT, "no answer to initialize (2025-06-18) within 0.3 s")
    assert asked(connection).outcome is Outcome.UNREACHABLE
    with running(page(JSONResponse({"kind": "Status", "message": "denied"}, 403))) as connection:
        assert asked(connection).outcome is Outcome.FORBIDDEN


def test_a_server_that_closes_the_connection_is_asked_again() -> None:
    sound, asked_before = server().streamable_http_app(), list[str]()

    async def cut(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not asked_before:
            asked_before.append(scope["method"])
            headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b'{"jsonrpc"', "more_body": True})
            return
        await sound(scope, receive, send)

    with running(cut) as connection:
        assert asked(connection).sessions
    assert asked_before == ["POST"]
