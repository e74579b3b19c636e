"""Servers with an authorization are asked without credentials and, where there is a token, with it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from checks.hiding import HIDDEN
from checks.kube.connection import Connection
from checks.kube.listing import Listing
from checks.kube.port_forward import ForwardError
from checks.kube.reading import ReadFailure, Reason
from checks.mcp import replicas as mcp_replicas
from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.mcp.collect import ANSWERS
from stacks.model.declaration import Declaration
from tests.checks.collecting import collect
from tests.checks.mcp.authorizing import CLIENT, SECRET, AuthorizationServer, authorizing
from tests.checks.mcp.proxying import Proxy
from tests.checks.mcp.test_probe import SMOKE, page, running, server
from tests.checks.mcp.test_replicas import ONE, SERVICE, TWO, listing
from tests.checks.world import SETTINGS, declared
from tests.leaks.canary import canary
from tests.leaks.test_canary import TEXTS

TOKEN = "correct-horse-battery"
WITHOUT = {"anonymous": "refused"}
WITH = {"bearer": {"secret": "time-token", "key": "token"}}
GATE = page(PlainTextResponse("no", 401))


def stack(authorization: dict[str, Any], **settings: Any) -> Declaration:
    time = {**SETTINGS["servers"]["time"], "smoke": SMOKE.model_dump(), "authorization": authorization, **settings}
    secret = {"namespace": "cortex-mcp", "existing": ["token"]}
    return declared(servers={"time": time}, secrets={"time-token": secret})


def guarded(app: ASGIApp) -> ASGIApp:
    """Refuse other tokens; repeat the token in what is refused otherwise."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope.get("headers", [])).get(b"authorization", b"").decode()
        right = scope["type"] != "http" or given == f"Bearer {TOKEN}"
        await (app if right else PlainTextResponse("no", 401))(scope, receive, send)

    return respond


def asked(proxy: Proxy, declaration: Declaration, *pods: str) -> ServerAnswers:
    with running(proxy.application()) as connection:

        async def main() -> ServerAnswers:
            return (await collect(ANSWERS, declaration, connection, Pod=listing(*pods)))["time"]

        return anyio.run(main)


def forwarding(monkeypatch: pytest.MonkeyPatch, target: Connection) -> list[str]:
    """Let every forwarded port lead to a server; return the names of the pods."""
    pods: list[str] = []

    @asynccontextmanager
    async def forwarded(_connection: Connection, _namespace: str, pod: str, _port: int) -> AsyncGenerator[str]:
        pods.append(pod)
        yield target.host.removeprefix("http://")

    monkeypatch.setattr(mcp_replicas, "forwarded", forwarded)
    return pods


def test_without_a_token_only_the_refusal_is_looked_for() -> None:
    proxy = Proxy({SERVICE: GATE, f"pods/{ONE}": GATE, f"pods/{TWO}": GATE})
    answers = asked(proxy, stack(WITHOUT), ONE, TWO)
    assert answers.service is answers.anonymous
    assert {answer.outcome for answer in (answers.service, *answers.pods.values())} == {Outcome.GATED}
    assert len(proxy.requests) == 3


@pytest.mark.parametrize(("replicas", "pods"), [(1, [ONE]), (2, [ONE, TWO])])
def test_each_pod_is_asked_with_the_token(monkeypatch: pytest.MonkeyPatch, replicas: int, pods: list[str]) -> None:
    app = guarded(server().streamable_http_app(stateless_http=True))
    with running(app) as target:
        forwarded = forwarding(monkeypatch, target)
        answers = asked(Proxy({SERVICE: GATE}, token=TOKEN), stack(WITH, replicas=replicas), *pods)
    assert answers.anonymous is not None
    assert answers.anonymous.outcome is Outcome.GATED
    assert (answers.service.outcome, answers.service.smoke_errors) == (Outcome.ANSWERED, (None,))
    assert sorted(forwarded) == sorted(answers.pods) == pods


def test_wrong_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(guarded(server().streamable_http_app(stateless_http=True))) as target:
        forwarding(monkeypatch, target)
        answers = asked(Proxy({SERVICE: GATE}, token="another"), stack(WITH, replicas=1), ONE)
    assert answers.service.outcome is Outcome.GATED


@pytest.mark.parametrize("form", ["plain", "reversed halves", "URL, every byte", "base64 after 1"])
def test_token_that_the_server_repeats_is_hidden(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    _, encode = TEXTS[form]
    one = canary("token", plain=True)
    error = {"jsonrpc": "2.0", "error": {"message": f"bad token {encode(one.value)}"}}
    with running(page(JSONResponse(error, 500))) as target:
        forwarding(monkeypatch, target)
        answers = asked(Proxy({SERVICE: GATE}, token=one.value), stack(WITH, replicas=1), ONE)
    assert answers.service.detail.startswith("the endpoint answered HTTP 500: bad token ")
    assert HIDDEN in answers.service.detail
    assert one.found(repr(answers)) == []


def test_unreadable_secret_and_refused_port_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = asked(Proxy({SERVICE: GATE}), stack(WITH, replicas=1), ONE)
    assert answers.unread is not None
    assert (answers.unread.reason, answers.service) == (Reason.FORBIDDEN, answers.anonymous)

    def denied(*_: object) -> None:
        raise ForwardError("pods is forbidden", 403)

    monkeypatch.setattr(mcp_replicas, "forwarded", denied)
    answers = asked(Proxy({SERVICE: GATE}, token=TOKEN), stack(WITH, replicas=1), ONE)
    assert (answers.service.outcome, answers.service.detail) == (Outcome.FORBIDDEN, "pods is forbidden")


def test_pods_that_cannot_be_listed_are_told() -> None:
    failure = ReadFailure("list pods", Reason.FORBIDDEN, "denied")
    with running(Proxy({SERVICE: GATE}, token=TOKEN).application()) as connection:

        async def main() -> ServerAnswers:
            unread: Listing[Any] = Listing(failure, {"cortex-mcp": failure})
            return (await collect(ANSWERS, stack(WITH, replicas=1), connection, Pod=unread))["time"]

        answers = anyio.run(main)
    assert (answers.unread, answers.service) == (failure, answers.anonymous)


def test_accepted_token_counts_whichever_pod_answers_first(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Answer(Outcome.ANSWERED)

    async def ask_pods(*_: object) -> dict[str, Answer]:
        return {ONE: Answer(Outcome.GATED), TWO: answered}

    monkeypatch.setattr("checks.mcp.collect.ask_pods", ask_pods)
    assert asked(Proxy({SERVICE: GATE}, token=TOKEN), stack(WITH), ONE, TWO).service == answered


def test_server_without_a_ready_pod_is_not_reached() -> None:
    answers = asked(Proxy({SERVICE: GATE}, token=TOKEN), stack(WITH, replicas=1))
    assert answers.service.outcome is Outcome.UNREACHABLE


def test_client_gets_a_token_once_for_all_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    with authorizing(AuthorizationServer()) as login, running(guarded(server().streamable_http_app())) as target:
        forwarding(monkeypatch, target)
        login.answers = [JSONResponse({"access_token": TOKEN, "token_type": "Bearer"})]
        answers = asked(Proxy({SERVICE: GATE}, token=SECRET), oauth(login), ONE, TWO)
    assert (answers.service.outcome, sorted(answers.pods)) == (Outcome.ANSWERED, [ONE, TWO])
    assert len(login.asked) == 1
    assert SECRET not in repr(answers)


def test_client_that_is_refused_asks_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with authorizing(AuthorizationServer()) as login:
        answers = asked(Proxy({SERVICE: GATE}, token="wrong"), oauth(login), ONE, TWO)
    assert (answers.client_refused, answers.service) == ("invalid_client", answers.anonymous)


@pytest.mark.parametrize("path", ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"])
def test_refused_access_token_tells_what_the_server_names(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    async def described(_: Request) -> Response:
        return JSONResponse({"authorization_servers": ["https://a.test\n", "https://b.test"]})

    gate = Starlette(routes=[*GATE.routes, Route(path, described)])
    with authorizing(AuthorizationServer()) as login, running(GATE) as target:
        forwarding(monkeypatch, target)
        answers = asked(Proxy({SERVICE: gate}, token=SECRET), oauth(login), ONE)
    assert answers.service.outcome is Outcome.GATED
    assert answers.authorities == ("https://a.test", "https://b.test")


def oauth(login: AuthorizationServer) -> Declaration:
    stored = {"secret": "time-token", "key": "token"}
    client = {"tokenUrl": f"{login.url}/token", "clientId": CLIENT, "clientSecret": stored}
    return stack({"clientCredentials": client})
