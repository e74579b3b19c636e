"""Each declared version of the protocol is proved on each pod, and what cannot be asked is unknown."""

from typing import Any

import anyio
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from checks.mcp.answer import Answer, Outcome
from checks.mcp.replicas import patient
from stacks.model.server import Server
from tests.checks.mcp.test_probe import old, page, running, server
from tests.checks.world import SETTINGS, World, declared

TIME = {**SETTINGS["servers"]["time"], "smoke": None}
OLDER = ["2025-06-18", "2025-11-25"]


def declared_server(*protocols: str, **settings: Any) -> Server:
    return declared(servers={"time": {**TIME, "protocols": protocols, **settings}}).servers["time"]


def versions(app: ASGIApp, *protocols: str) -> dict[str, str]:
    """Return what a server answers in each declared version."""
    with running(app) as connection:
        answer = anyio.run(patient, connection, "/mcp", declared_server(*protocols), ())
    return {version: each.protocol or each.detail for version, each in answer.versions.items()}


@pytest.mark.parametrize("stateless", [True, False])
def test_a_server_of_all_versions_is_asked_in_each(stateless: bool) -> None:
    app = server().streamable_http_app(stateless_http=stateless)
    assert versions(app, *OLDER, "2026-07-28") == {each: each for each in (*OLDER, "2026-07-28")}


def test_a_server_of_an_older_version_lacks_the_newest() -> None:
    assert versions(old(server().streamable_http_app()), *OLDER, "2026-07-28") == {each: each for each in OLDER}


def test_a_server_without_an_answer_is_not_asked_again() -> None:
    assert versions(page(PlainTextResponse("no", 401)), *OLDER) == {}


def world(answered: dict[str, Answer], pods: dict[str, dict[str, Answer]] | None = None, **settings: Any) -> World:
    """Give a cluster whose server `time` negotiated 2026-07-28."""
    found = World(declared(servers={"time": {**TIME, "protocols": ["2025-06-18", "2026-07-28"], **settings}}))

    def answer(versions: dict[str, Answer]) -> Answer:
        return Answer(
            Outcome.ANSWERED,
            definitions={"get_current_time": {}, "convert_time": {}},
            protocol="2026-07-28",
            versions=versions,
        )

    found.mcp["time"] = answer({"2026-07-28": answer({}), **answered})
    found.mcp_pods["time"] = {name: answer({"2026-07-28": answer({}), **each}) for name, each in (pods or {}).items()}
    return found


GOOD = {"2025-06-18": Answer(Outcome.ANSWERED, protocol="2025-06-18")}


def test_declared_versions_that_are_spoken_are_as_declared() -> None:
    assert world(GOOD, {"a": GOOD, "b": GOOD}).codes() == []


@pytest.mark.parametrize(
    ("answer", "actual"),
    [
        (Answer(Outcome.ANSWERED, protocol="2024-11-05"), "2024-11-05"),
        (Answer(Outcome.NO_MCP, "the endpoint answered HTTP 400"), "the endpoint answered HTTP 400"),
    ],
    ids=["another", "refused"],
)
def test_the_pod_that_does_not_speak_a_version_is_named(answer: Answer, actual: str) -> None:
    cluster = world(GOOD, {"a": GOOD, "b": {"2025-06-18": answer}})
    (found,) = [one for result in cluster.results() for one in result.findings]
    assert (found.code, str(found.object), found.expected, found.actual) == (
        "mcp.version",
        "Pod cortex-mcp/b",
        "2025-06-18",
        actual,
    )


@pytest.mark.parametrize(
    ("answered", "settings"),
    [({"2025-06-18": Answer(Outcome.TIMEOUT, "no answer")}, {}), ({}, {"transport": "sse"})],
    ids=["timeout", "HTTP+SSE"],
)
def test_a_version_that_cannot_be_asked_is_unknown(answered: dict[str, Answer], settings: dict[str, Any]) -> None:
    (result,) = [one for one in world(answered, **settings).results() if one.name == "mcp"]
    assert result.findings == ()
    assert [unknown.what for unknown in result.unknowns] == ["ask Service cortex-mcp/time-mcp-server in MCP 2025-06-18"]
