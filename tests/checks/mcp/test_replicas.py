"""Each ready pod of a server with several is asked, in both ways, and no other."""

import json
from typing import Any

import anyio
import msgspec
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from checks.kube import models as k8s
from checks.kube.client import Kind
from checks.kube.listing import Listing
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.mcp.answer import Outcome, ServerAnswers
from checks.mcp.collect import ANSWERS
from stacks.model.declaration import Declaration
from tests.checks.collecting import collect
from tests.checks.mcp.proxying import Proxy, as_json
from tests.checks.mcp.test_probe import old, page, running, server
from tests.checks.world import SETTINGS, declared

ONE, TWO = "time-mcp-server-1", "time-mcp-server-2"
POD = Kind("api/v1", "pods", k8s.Pod)
SERVICE = "services/time-mcp-server"


def stack(**settings: Any) -> Declaration:
    return declared(servers={"time": {**SETTINGS["servers"]["time"], "smoke": None, **settings}})


def listing(*pods: str) -> Listing[k8s.Pod]:
    items = tuple(msgspec.json.decode(as_json(list(pods)), type=POD.page()).items or ())
    reading: Reading[tuple[k8s.Pod, ...]] = Read(items, 0.1)
    return Listing(reading, {"cortex-mcp": reading})


def asked(proxy: Proxy, *pods: str, declaration: Declaration | None = None) -> ServerAnswers:
    with running(proxy.application()) as connection:

        async def main() -> ServerAnswers:
            answers = await collect(ANSWERS, declaration or stack(), connection, Pod=listing(*pods))
            return answers["time"]

        return anyio.run(main)


def modern(*, stateless: bool = True) -> ASGIApp:
    return server().streamable_http_app(stateless_http=stateless, json_response=True)


def test_every_pod_is_asked_and_one_with_the_older_protocol() -> None:
    good = modern()
    proxy = Proxy({SERVICE: good, f"pods/{ONE}": good, f"pods/{TWO}": good})
    answers = asked(proxy, ONE, TWO)
    assert {pod: answer.outcome for pod, answer in answers.pods.items()} == dict.fromkeys((ONE, TWO), Outcome.ANSWERED)
    assert (answers.broken, answers.sessions, answers.lacking("add"), answers.lacking("x")) == (
        frozenset(),
        False,
        [],
        [ONE, TWO],
    )
    # server/discover and tools/list of each, and initialize of one pod.
    assert len(proxy.requests) == 7


def test_sessions_of_the_older_protocol_are_found_behind_the_newest() -> None:
    proxy = Proxy({SERVICE: modern(), f"pods/{ONE}": modern(stateless=False), f"pods/{TWO}": modern()})
    answers = asked(proxy, ONE, TWO)
    assert (answers.service.sessions, answers.sessions) == (False, True)


def test_pod_that_fails_beside_another_is_found() -> None:
    broken = page(PlainTextResponse("broken", 500))
    proxy = Proxy({SERVICE: modern(), f"pods/{ONE}": broken, f"pods/{TWO}": modern()}, listed=[ONE])
    answers = asked(proxy, ONE, TWO)
    assert answers.broken == {ONE}
    assert answers.pods[ONE].detail == "the endpoint answered HTTP 500"
    assert asked(Proxy({SERVICE: broken}, listed=[ONE, TWO]), ONE, TWO).broken == frozenset()


def test_pod_that_ended_meanwhile_is_left_out() -> None:
    proxy = Proxy({SERVICE: modern(), f"pods/{TWO}": modern()}, listed=[])
    assert set(asked(proxy, ONE, TWO).pods) == {TWO}


def test_server_with_one_pod_is_asked_once() -> None:
    proxy = Proxy({SERVICE: modern()})
    assert asked(proxy, ONE, declaration=stack(replicas=1)).pods == {}
    assert {target for target, _, _ in proxy.requests} == {SERVICE}


def test_unreadable_pods_are_left_to_the_check() -> None:
    failure = ReadFailure("list pods", Reason.FORBIDDEN, "denied")
    with running(Proxy({SERVICE: modern()}).application()) as connection:

        async def main() -> ServerAnswers:
            listings: Listing[k8s.Pod] = Listing(failure, {"cortex-mcp": failure})
            return (await collect(ANSWERS, stack(), connection, Pod=listings))["time"]

        answers = anyio.run(main)
    assert (answers.service.outcome, answers.pods) == (Outcome.ANSWERED, {})


def test_pods_are_asked_instead_of_the_service_where_each_keeps_its_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.mcp.collect.keeps_clients", lambda _: True)
    # With two pods behind it, the proxy loses the session: it forwards each request to another one.
    one, two = server().streamable_http_app(), server().streamable_http_app()
    proxy = Proxy({f"pods/{ONE}": old(one), f"pods/{TWO}": old(two)}, wrapped=[one, two])
    answers = asked(proxy, ONE, TWO)
    assert answers.sessions
    assert "services" not in json.dumps(proxy.requests)
    assert answers.service.outcome is Outcome.ANSWERED
