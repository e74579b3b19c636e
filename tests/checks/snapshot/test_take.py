"""A snapshot reads each resource once, in few requests, and namespace by namespace where that is needed."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest

from checks.connection.collect_api_server import CLIENTS, REQUESTS
from checks.kube.client import Kind
from checks.kube.connection import Connection
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import CLUSTER_WIDE, EVENTS, NAMESPACED, NODES, PODS
from checks.objects.collect import KINDS
from checks.snapshot.take import take
from checks.verification.checks import checks
from stacks.loader import load
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import World, declared
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("impatient")

T = TypeVar("T")

LOCAL_IMAGES = ("cortex", "kube-state-metrics", "kubernetes-mcp-server", "mcp-server-time")
IN_NAMESPACES: tuple[Kind[Any], ...] = (
    *NAMESPACED.values(),
    *(k for n, k in KINDS.items() if n != "Pod"),
    PODS,
    EVENTS,
)
EACH: tuple[Kind[Any], ...] = (*CLUSTER_WIDE.values(), *IN_NAMESPACES)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared())) as api:
        yield api


def failure(reading: Reading[T]) -> ReadFailure:
    assert isinstance(reading, ReadFailure)
    return reading


def read(reading: Reading[T]) -> T:
    assert isinstance(reading, Read)
    return reading.value


def test_snapshot_reads_each_kind_once(api: FakeApi) -> None:
    declaration = declared(servers={}, configMaps={})
    api.world = World(declaration)
    snapshot = anyio.run(take, declaration, Connection("test", api.url), checks())
    # Once to see whether anyone is there, and then to measure how fast they answer.
    assert api.requests.pop("/version") == 1 + CLIENTS + REQUESTS
    assert api.requests.pop("/apis/authorization.k8s.io/v1/subjectaccessreviews") > 1
    # All pods once, and once the metadata of those with the stack's label.
    assert {path for path, times in api.requests.items() if times > 1} == {PODS.path()}
    forward = f"{PODS.path('kube-system')}/coredns-1/portforward"
    once = ["/apis", "/apis/metrics.k8s.io", forward, *(kind.path() for kind in EACH)]
    # The API server's own pods may say whether it encrypts what it stores.
    assert set(api.requests) == {*once, "/api/v1/secrets", NODES.path(), PODS.path("kube-system")}
    assert isinstance(snapshot.pods("cortex-system"), Read)


def test_forbidden_cluster_is_read_namespace_by_namespace(api: FakeApi) -> None:
    api.faults = {kind.path(): [status(403, "no")] for kind in EACH}
    snapshot = anyio.run(take, declared(servers={}), Connection("test", api.url), checks())
    for kind in IN_NAMESPACES:
        assert {kind.path("cortex-system"), kind.path("cortex-mcp")} <= set(api.requests)
    pods = api.world.objects["pods", "cortex-mcp"]
    assert [pod.metadata.name for pod in read(snapshot.pods("cortex-mcp"))] == [pod["metadata"]["name"] for pod in pods]
    accounts = read(snapshot.live("ServiceAccount", "cortex-mcp"))
    assert set(accounts) == {o["metadata"]["name"] for o in api.world.objects["serviceaccounts", "cortex-mcp"]}
    assert failure(snapshot.live("ClusterRole")).reason is Reason.FORBIDDEN


def test_unreachable_server_gets_one_request(api: FakeApi) -> None:
    api.faults["/version"] = [status(401, "no")]
    snapshot = anyio.run(take, declared(), Connection("test", api.url), checks())
    assert sum(api.requests.values()) == 1
    assert snapshot.nodes() is snapshot.version


def test_requests_of_the_local_stack_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = tmp_path / "images.json"
    images.write_text(json.dumps({f"cortex.local/{name}": f"cortex.local/{name}:test" for name in LOCAL_IMAGES}))
    monkeypatch.setenv("CORTEX_IMAGES", str(images))
    declaration = load("local", ROOT)
    with serve(World(declaration)) as api:
        anyio.run(take, declaration, Connection("test", api.url, read_only=True), checks())
    counts: Counter[str] = Counter()
    for path, times in api.requests.items():
        counts[_group(path)] += times
    # Before resources were shared between checks, a verification of the running stack sent 228 requests.
    assert counts == {"access reviews": 176, "response times": 25, "services": 11, "objects and API groups": 31}


def _group(path: str) -> str:
    if path.endswith("/subjectaccessreviews"):
        return "access reviews"
    if path == "/version":
        return "response times"
    return "services" if "/proxy/" in path else "objects and API groups"
