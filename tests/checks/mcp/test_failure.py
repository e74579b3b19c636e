"""Which failure decides: that of the request which ended the conversation, and not another one beside it."""

import ssl
from collections.abc import Mapping
from typing import Any

import anyio
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from checks.mcp import probe as mcp_probe
from checks.mcp import quick as mcp_quick
from checks.mcp.answer import Answer, Outcome
from checks.mcp.failure import no_answer
from stacks.model.server import SmokeCall
from tests.checks.mcp.test_probe import asking, page, refuse, running
from tests.checks.world import World, declared

GREETING = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "old", "version": "1"},
}
Given = Response | dict[str, Any]
"""A response, or a JSON-RPC message without its id."""
ADD = {"name": "add", "inputSchema": {"type": "object"}}


def old_server(answers: Mapping[str, Given]) -> Starlette:
    """Return a server of 2025-06-18 with a session, which refuses GET and DELETE, as the protocol allows.

    It gives these answers by method; all others as it should.
    """

    async def respond(request: Request) -> Response:
        message = await request.json()
        method, number = message["method"], message.get("id")
        if method in answers:
            answer = answers[method]
            return JSONResponse(answer | {"id": number}) if isinstance(answer, dict) else answer
        match method:
            case "initialize":
                body = {"jsonrpc": "2.0", "id": number, "result": GREETING}
                return JSONResponse(body, headers={"Mcp-Session-Id": "one"})
            case "notifications/initialized":
                return Response(status_code=202)
            case "tools/list":
                return JSONResponse({"jsonrpc": "2.0", "id": number, "result": {"tools": [ADD]}})
            case _:
                return PlainTextResponse("Bad Request", status_code=400)

    # Starlette answers 405 to other methods.
    return Starlette(routes=[Route("/mcp", respond, methods=["POST"])])


def rpc_error(message: str) -> dict[str, Any]:
    # Servers use this code, with which the client also reports a connection that was closed.
    return {"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": message}}


@pytest.mark.parametrize("probe", [mcp_probe.probe, mcp_quick.probe], ids=["official", "quick"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            PlainTextResponse("no", status_code=401),
            (Outcome.GATED, "the server runs, but requires credentials (HTTP 401)"),
        ),
        (PlainTextResponse("no", status_code=500), (Outcome.NO_MCP, "the endpoint answered HTTP 500")),
        (JSONResponse(rpc_error("no backend"), 500), (Outcome.NO_MCP, "the endpoint answered HTTP 500: no backend")),
        (rpc_error("no backend"), (Outcome.NO_MCP, "no backend")),
        (PlainTextResponse("well"), (Outcome.NO_MCP, "Unexpected content type: text/plain; charset=utf-8")),
    ],
    ids=["401", "500", "500 with an error", "an error", "text"],
)
def test_failure_of_tools_list_decides(probe: object, answer: Given, expected: tuple[Outcome, str]) -> None:
    with running(old_server({"tools/list": answer})) as connection:
        given = asking(probe)(connection)  # type: ignore[arg-type]
    assert (given.outcome, given.detail) == expected
    assert given.sessions


def test_refused_notification_decides_nothing() -> None:
    refused = {"notifications/initialized": Response(status_code=405)}
    with running(old_server(refused)) as connection:
        given = asking(mcp_probe.probe)(connection)
    assert (given.outcome, given.tools) == (Outcome.ANSWERED, frozenset({"add"}))


def test_json_rpc_error_of_initialize_decides_though_discover_was_refused() -> None:
    with running(old_server({"initialize": rpc_error("wrong version")})) as connection:
        given = asking(mcp_probe.probe)(connection)
    assert (given.outcome, given.detail) == (Outcome.NO_MCP, "wrong version")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Response(status_code=401), "the server runs, but requires credentials (HTTP 401)"),
        (Response(status_code=503), "the endpoint answered HTTP 503"),
        (JSONResponse(rpc_error("no such node"), 400), "no such node"),
    ],
)
def test_refused_smoke_call_tells_why(answer: Given, expected: str) -> None:
    with running(old_server({"tools/call": answer})) as connection:
        given = asking(mcp_quick.probe)(connection, SmokeCall(tool="add"))
    assert (given.outcome, given.smoke_errors) == (Outcome.ANSWERED, (expected,))


@pytest.mark.parametrize(
    ("headers", "code", "challenge"),
    [({}, 401, True), ({}, 403, False), ({"WWW-Authenticate": "Bearer"}, 403, True)],
)
def test_challenge_says_that_credentials_are_missing(headers: dict[str, str], code: int, challenge: bool) -> None:
    with running(page(PlainTextResponse("no", status_code=code, headers=headers))) as connection:
        given = asking(mcp_quick.probe)(connection)
    assert (given.outcome, given.challenge) == (Outcome.GATED, challenge)


@pytest.mark.parametrize("code", [401, 503])
def test_what_no_other_protocol_changes_needs_no_official_client(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_probe, "probe", refuse)
    body = {"kind": "Status", "message": "no endpoints available"} if code == 503 else {"error": "token"}
    with running(page(JSONResponse(body, status_code=code))) as connection:
        given = asking(mcp_quick.probe)(connection)
    assert given.outcome is (Outcome.UNREACHABLE if code == 503 else Outcome.GATED)


def test_both_clients_share_one_deadline() -> None:
    async def late(request: Request) -> Response:
        method = (await request.json())["method"] if request.method == "POST" else ""
        await anyio.sleep(1 if method == "server/discover" else 30)
        return PlainTextResponse("Bad Request", status_code=400)

    app = Starlette(routes=[Route("/mcp", late, methods=["GET", "POST", "DELETE"])])
    with running(app) as connection:
        given: Answer = asking(mcp_quick.probe)(connection, deadline=2)
    assert (given.outcome, given.detail) == (Outcome.TIMEOUT, "no complete answer within 2 s")
    assert given.seconds < 3


def test_untrusted_certificate_says_what_to_do() -> None:
    error = httpx2.ConnectError("failed")
    error.__cause__ = ssl.SSLCertVerificationError(1, "self-signed certificate")
    error.__cause__.verify_message = "self-signed certificate"
    answer = no_answer(error)
    assert (answer.outcome, answer.distrusted) == (Outcome.UNREACHABLE, True)
    world = World(declared())
    world.mcp["time"] = answer
    (finding,) = world.findings()
    assert finding.message.endswith(
        "its certificate is not trusted: self-signed certificate: "
        "trust its authority in the verifier's image, or declare tls: {verify: false}"
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (httpx2.ConnectTimeout(""), Outcome.UNREACHABLE),
        (httpx2.ReadTimeout(""), Outcome.TIMEOUT),
        (httpx2.ReadError("reset"), Outcome.UNREACHABLE),
        (OSError("gone"), Outcome.UNREACHABLE),
    ],
)
def test_only_an_open_connection_can_time_out(error: httpx2.TransportError | OSError, outcome: Outcome) -> None:
    answer = no_answer(error)
    assert answer.outcome is outcome
    assert answer.detail
