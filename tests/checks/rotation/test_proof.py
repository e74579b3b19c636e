"""The proof that pods run with a new value: their templates, their readiness, their answers."""

import traceback
from collections.abc import Callable
from urllib.parse import quote

import anyio
import pytest

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.mcp.answer import Answer, Outcome
from checks.mcp.client import Reply
from checks.rotation import proof
from checks.rotation.known_values import KnownValues
from checks.rotation.log import PodProof
from checks.rotation.proof import NotProvenError, Proof
from checks.rotation.readers import Readers
from checks.secrets.wanted import Place
from checks.target import Target
from stacks.model import names
from stacks.model.owner import SERVERS, WORKLOADS, Owner
from tests.checks.fake_api import serve
from tests.checks.rotation.test_commands import secret
from tests.checks.world import World, declared
from tests.leaks.canary import canary

PLACE = Place("cortex-mcp", "creds")
CACHE, TIME = Owner(WORKLOADS, "cache"), Owner(SERVERS, "time")


def world() -> World:
    """Give a healthy cluster with a workload and a server."""
    return World(declared(workloads={"cache": {"image": "registry.test/cache:1", "namespace": "cortex-mcp"}}))


def found(world: World, owner: Owner, seconds: float = 0.2) -> tuple[PodProof, ...]:
    async def run() -> tuple[PodProof, ...]:
        with serve(world) as api:
            connection = Connection("test", api.url)
            async with connection.client() as http:
                readers = Readers(Target("test", world.declaration, connection), ApiClient(http), (owner,))
                values = KnownValues(readers.api, PLACE)
                return await Proof(readers, values).found(seconds)

    return anyio.run(run)


def test_the_pods_of_a_workload_are_the_proof() -> None:
    healthy = world()
    mine = [
        one
        for one in healthy.objects["pods", "cortex-mcp"]
        if CACHE.selector.items() <= one["metadata"]["labels"].items()
    ]
    pods = found(healthy, CACHE, 30)
    assert {one.name for one in pods} == {one["metadata"]["name"] for one in mine}
    assert {one.answer for one in pods} == {""}


def _outdated(world: World) -> None:
    for pod in world.objects["pods", "cortex-mcp"]:
        pod["metadata"].setdefault("annotations", {})[names.CHECKSUM] = "another"


def _not_ready(world: World) -> None:
    for pod in world.objects["pods", "cortex-mcp"]:
        pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


@pytest.mark.parametrize("harm", [_outdated, _not_ready], ids=["outdated", "not-ready"])
def test_pods_that_are_not_replaced_or_not_ready_are_no_proof(harm: Callable[[World], None]) -> None:
    sick = world()
    harm(sick)
    with pytest.raises(NotProvenError, match=r"0 of 1 pods of workloads\.cache are ready with the current template"):
        found(sick, CACHE)


def test_a_server_that_does_not_answer_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "SMOKE_SECONDS", 0.0)
    with pytest.raises(NotProvenError, match=r"MCP server time does not answer: pod .*: unreachable"):
        found(world(), TIME, 60)


def test_a_value_that_a_server_repeats_is_not_in_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    one, healthy = canary("value"), world()
    healthy.objects["secrets", PLACE.namespace] = [secret(PLACE.name, {"key": one.value})]

    async def ask(*_: object) -> list[Reply]:
        detail = f"bad key {quote(one.value)} or {one.value[:20]!r}"
        return [Reply("time-1", Answer(Outcome.NO_MCP, detail))]

    monkeypatch.setattr(proof, "SMOKE_SECONDS", 0.0)
    monkeypatch.setattr(proof, "ask_every_pod", ask)
    with pytest.raises(NotProvenError, match=r"time-1: no-mcp: bad key \[hidden\]") as failed:
        found(healthy, TIME, 60)
    assert one.found("".join(traceback.format_exception(failed.value))) == []


def test_a_refusal_of_declared_credentials_is_no_proof() -> None:
    gated = Answer(Outcome.GATED, "HTTP 401")
    assert proof.fault(gated, declared=False) == ""
    assert proof.fault(gated, declared=True) == "gated: HTTP 401"
