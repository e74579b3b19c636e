"""Servers of the older transport HTTP+SSE, directly and through the API server's proxy."""

import anyio
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from checks.kube.connection import Connection
from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.mcp.collect import ANSWERS
from checks.mcp.probe import probe
from checks.results.result import Ref
from stacks.model.server import SmokeCall
from tests.checks.collecting import collect
from tests.checks.mcp.proxying import Proxy
from tests.checks.mcp.test_probe import SMOKE, hung, page, running, server
from tests.checks.mcp.test_replicas import ONE, SERVICE, TWO, listing, stack
from tests.checks.world import SETTINGS, World, declared


def asked(connection: Connection, smoke: SmokeCall | None = None, path: str = "/sse", deadline: float = 10) -> Answer:
    return anyio.run(probe, connection, path, (smoke,) if smoke else (), deadline, 0.0, "sse")


def collected(proxy: Proxy, *pods: str, **settings: object) -> ServerAnswers:
    with running(proxy.application()) as connection:

        async def main() -> ServerAnswers:
            declaration = stack(transport="sse", path="/sse", smoke=SMOKE.model_dump(), **settings)
            return (await collect(ANSWERS, declaration, connection, Pod=listing(*pods)))["time"]

        return anyio.run(main)


def test_server_answers() -> None:
    with running(server().sse_app()) as connection:
        answer = asked(connection, SMOKE)
    assert (answer.outcome, answer.detail, answer.smoke_errors) == (Outcome.ANSWERED, "", (None,))
    assert answer.tools == {"add", "broken", "says"}
    # The stream of a client is in one pod, and its messages have to reach that pod.
    assert answer.sessions


def test_path_of_the_messages_is_found_behind_the_proxy() -> None:
    proxy = Proxy({SERVICE: server().sse_app()})
    answers = collected(proxy, replicas=1)
    assert (answers.service.outcome, answers.service.smoke_errors) == (Outcome.ANSWERED, (None,))
    assert {(method, path) for _, method, path in proxy.requests} == {("GET", "/sse"), ("POST", "/messages/")}


def test_pods_are_asked_instead_of_the_service() -> None:
    proxy = Proxy({f"pods/{ONE}": server().sse_app(), f"pods/{TWO}": server().sse_app()})
    answers = collected(proxy, ONE, TWO)
    assert (answers.service.outcome, set(answers.pods), answers.sessions) == (Outcome.ANSWERED, {ONE, TWO}, True)


def refusing(app: ASGIApp, answer: Response) -> ASGIApp:
    """Refuse the messages of a server, for instance because another pod has the stream."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        await (answer if scope.get("method") == "POST" else app)(scope, receive, send)

    return respond


@pytest.mark.parametrize(("code", "outcome"), [(404, Outcome.NO_MCP), (401, Outcome.GATED), (500, Outcome.NO_MCP)])
def test_refused_message_decides_at_once(code: int, outcome: Outcome) -> None:
    with running(refusing(server().sse_app(), PlainTextResponse("no", code))) as connection:
        answer = asked(connection)
    assert answer.outcome is outcome
    assert f"HTTP {code}" in answer.detail
    assert answer.seconds < 5


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (PlainTextResponse("no", 401), Outcome.GATED, "the server runs, but requires credentials (HTTP 401)"),
        (PlainTextResponse("no", 404), Outcome.NO_MCP, "the endpoint answered HTTP 404"),
        (PlainTextResponse("well"), Outcome.NO_MCP, "text/plain"),
        (JSONResponse({"kind": "Status", "message": "none"}, 503), Outcome.UNREACHABLE, "none"),
    ],
    ids=["401", "404", "no stream", "the API server"],
)
def test_stream_that_does_not_open(answer: Response, outcome: Outcome, detail: str) -> None:
    with running(page(answer)) as connection:
        given = asked(connection, path="/mcp")
    assert given.outcome is outcome
    assert detail in given.detail


def test_stream_that_says_nothing_ends_at_the_deadline() -> None:
    with running(hung()) as connection:
        answer = asked(connection, path="/mcp", deadline=0.5)
        assert (answer.outcome, answer.seconds < 5) == (Outcome.TIMEOUT, True)
    assert asked(connection).outcome is Outcome.UNREACHABLE


def test_usual_path_is_suggested() -> None:
    time = {**SETTINGS["servers"]["time"], "transport": "sse", "replicas": 1}
    world = World(declared(servers={"time": time}))
    world.mcp["time"] = Answer(Outcome.NO_MCP, "the endpoint answered HTTP 404", sessions=True)
    (finding,) = world.findings()
    assert (finding.code, finding.object) == ("mcp.protocol", Ref("Service", "time-mcp-server", "cortex-mcp"))
    assert finding.message.endswith("HTTP 404; most servers of transport sse have their stream at path /sse")


def test_message_path_of_another_origin_is_told() -> None:
    async def stream(_: object) -> Response:
        return Response("event: endpoint\ndata: http://elsewhere.test/m\n\n", media_type="text/event-stream")

    with running(Starlette(routes=[Route("/sse", stream)])) as connection:
        answer = asked(connection, deadline=3)
    assert answer.outcome in (Outcome.NO_MCP, Outcome.TIMEOUT)
    assert answer.detail
