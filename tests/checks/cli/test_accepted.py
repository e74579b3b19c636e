"""What a stack accepts counts for no command, not only for `cortex verify`, and none hides it."""

from collections.abc import Callable, Iterator
from datetime import date

import anyio
import pytest

from checks.config.inventory import config_report
from checks.config.report import write as write_config
from checks.connection.diagnosis import diagnose
from checks.health.overview import health_report
from checks.kube.connection import Connection
from checks.metrics.overview import metrics_report
from checks.rbac import matrix
from checks.results.conclusion import FINDINGS, OK
from checks.results.result import Result, Suppressed
from checks.secrets import inventory
from checks.servers.discovery import look
from checks.servers.report import document
from checks.target import Target
from tests.checks.fake_api import FakeApi, serve
from tests.checks.world import SETTINGS, Json, World, declared
from tests.checks.written import written

LASTING = "2999-12-31"
METRICS: Json = {"kubeStateMetrics": {"namespace": "cortex-mcp"}}
TOKEN: Json = {"resourceManager": {"token": "legacy"}}
Look = Callable[[FakeApi, Target], tuple[int, tuple[Suppressed, ...]]]


def of_result(result: Result) -> tuple[Suppressed, ...]:
    return result.suppressed


def doctor_(api: FakeApi, target: Target) -> tuple[int, tuple[Suppressed, ...]]:
    seen = anyio.run(diagnose, target)
    return seen.exit_code, of_result(seen.result)


def connection(api: FakeApi, target: Target) -> tuple[int, tuple[Suppressed, ...]]:
    seen = anyio.run(matrix.draw, target)
    return seen.exit_code, of_result(seen.result)


def config(api: FakeApi, target: Target) -> tuple[int, tuple[Suppressed, ...]]:
    seen = anyio.run(config_report, target)
    return seen.exit_code, seen.suppressed


def secrets(api: FakeApi, target: Target) -> tuple[int, tuple[Suppressed, ...]]:
    seen = anyio.run(inventory.secrets_report, target)
    return seen.exit_code, seen.suppressed


def health_(api: FakeApi, target: Target) -> tuple[int, tuple[Suppressed, ...]]:
    seen = health_report(target, api.world.snapshot())
    return seen.exit_code, seen.suppressed


def metrics(api: FakeApi, target: Target) -> tuple[int, tuple[Suppressed, ...]]:
    seen = metrics_report(target, api.world.snapshot())
    return seen.exit_code, of_result(seen.results[0])


def undeclared_binding(world: World) -> None:
    account = {"kind": "ServiceAccount", "name": "cortex-resource-manager", "namespace": "cortex-system"}
    world.bind("stray", "view", account)


def unknown_node(world: World) -> None:
    world.add(
        "nodes", "", {"metadata": {"name": "old"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    )


CASES: list[tuple[Look, str, Json, Callable[[World], None]]] = [
    (doctor_, "node.count", {}, lambda w: w.remove("nodes", "", "node-1")),
    (connection, "rbac.undeclared-binding", {}, undeclared_binding),
    (config, "config.missing", {}, lambda w: w.remove("configmaps", "cortex-mcp", "shared")),
    (config, "config.data", {}, lambda w: w.one("configmaps", "cortex-mcp", "shared")["data"].clear()),
    (config, "declaration.missing", {}, lambda w: w.remove("configmaps", "cortex-system", "cortex-declaration")),
    (secrets, "secret.missing", TOKEN, lambda w: w.remove("secrets", "cortex-system", "cortex-resource-manager")),
    (health_, "server.missing", {}, lambda w: w.remove("deployments", "cortex-mcp", "time")),
    (health_, "server.unavailable", {}, lambda w: w.one("deployments", "cortex-mcp", "time")["status"].clear()),
    (metrics, "metrics.outdated", METRICS, unknown_node),
]


@pytest.fixture
def serving() -> Iterator[Callable[[World], FakeApi]]:
    with serve(World(declared())) as api:

        def with_world(world: World) -> FakeApi:
            api.world = world
            return api

        yield with_world


@pytest.mark.parametrize(("look", "code", "parts", "drift"), CASES, ids=[case[1] for case in CASES])
@pytest.mark.parametrize("accepted", [False, True])
def test_each_command_accepts_what_the_stack_accepts(
    serving: Callable[[World], FakeApi],
    look: Look,
    code: str,
    parts: Json,
    drift: Callable[[World], None],
    *,
    accepted: bool,
) -> None:
    entries: Json = {"suppressions": [{"code": code, "reason": "known", "until": LASTING}]}
    world = World(declared(**parts, **(entries if accepted else {})))
    for secret in world.every("secrets"):
        secret["data"] = dict.fromkeys(("token", "ca.crt", "namespace"), "eA==")
    drift(world)
    api = serving(world)
    exit_code, kept = look(api, Target("test", world.declaration, Connection("test", api.url)))
    assert (exit_code, {each.finding.code for each in kept}) == ((OK, {code}) if accepted else (FINDINGS, set()))


@pytest.mark.parametrize(
    ("code", "until", "expected"),
    [
        ("server.missing", LASTING, OK),
        ("server.*", LASTING, OK),
        ("server.missing", "2025-12-31", FINDINGS),
        ("server.image", LASTING, FINDINGS),
    ],
)
def test_discovery_accepts_a_server_that_is_away(code: str, until: str, expected: int) -> None:
    entry = {"code": code, "object": "Deployment cortex-mcp/time-*", "reason": "known", "until": until}
    world = World(declared(servers={"time": SETTINGS["servers"]["time"]}, suppressions=[entry]))
    world.objects["pods", "cortex-mcp"] = []
    with serve(world) as api:
        target = Target("test", world.declaration, Connection("test", api.url))
        seen = document(target, anyio.run(look, target.declaration, target.connection), date(2026, 1, 1))
    assert ([server.state for server in seen.servers], seen.exit_code) == (["missing"], expected)


def test_what_is_accepted_is_said(serving: Callable[[World], FakeApi]) -> None:
    entry = {"code": "config.missing", "reason": "ticket 4711", "until": LASTING}
    world = World(declared(suppressions=[entry]))
    world.remove("configmaps", "cortex-mcp", "shared")
    api = serving(world)
    report = anyio.run(config_report, Target("test", world.declaration, Connection("test", api.url)))
    assert f"    until {LASTING}: ticket 4711\n" in written(write_config, report)
