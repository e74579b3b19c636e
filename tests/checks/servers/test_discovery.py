"""Discovery finds what the labels say."""

from collections.abc import Iterator

import anyio
import pytest

from checks.errors import UncheckedError
from checks.kube.connection import Connection
from checks.servers.discovery import look
from checks.servers.report import Discovered, document, write
from checks.target import Target
from stacks.model import names
from tests.checks.fake_api import FakeApi, status
from tests.checks.servers.discovered import TIME_URL, connection, seen, serving, stranger, unready
from tests.checks.world import NOW, World, declared
from tests.checks.written import written

TODAY = NOW.date()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving() as api:
        yield api


def shown(api: FakeApi) -> Discovered:
    return document(Target("test", api.world.declaration, connection(api)), seen(api), TODAY)


def test_declared_servers_are_found_with_all_their_endpoints(api: FakeApi) -> None:
    found = shown(api)
    talos, time = found.servers
    assert (talos.type, talos.protocol, talos.capabilities) == ("talos", "http", ["cluster", "talos"])
    assert (time.type, time.namespace, time.state, time.version) == ("time", "cortex-mcp", "ready", "1.0")
    assert (time.ready_pods, time.pods) == (2, 2)
    assert time.endpoints is not None
    assert time.endpoints.annotation == time.endpoints.dns == TIME_URL
    assert time.endpoints.service == "http://10.96.0.7:8080/mcp"
    assert (found.exit_code, found.everywhere) == (0, True)
    assert written(write, found).splitlines()[2].split() == [
        *("time", "cortex-mcp", "ready", "2/2", "1.0", "stdio", "time"),
        TIME_URL,
    ]


def test_labels_that_the_cluster_has_count_not_the_declared_ones(api: FakeApi) -> None:
    for pod in api.world.objects["pods", "cortex-mcp"]:
        pod["metadata"]["labels"][names.VERSION] = "9.9"
        del pod["metadata"]["annotations"][names.CAPABILITIES]
    time = shown(api).servers[1]
    assert (time.version, time.capabilities) == ("9.9", [])


def test_server_without_a_ready_pod_has_no_endpoint(api: FakeApi) -> None:
    unready(api, "time")
    found = shown(api)
    assert (found.servers[1].state, found.servers[1].endpoints, found.exit_code) == ("not-ready", None, 1)


def test_one_ready_pod_speaks_for_the_server(api: FakeApi) -> None:
    unready(api, "time-mcp-server-5d-0")
    (sighting,) = [one for one in seen(api).sightings if one.type == "time"]
    assert (sighting.pod.metadata.name, sighting.ready, len(sighting.pods)) == ("time-mcp-server-5d-1", 1, 2)


def test_declared_server_without_pods_is_missing(api: FakeApi) -> None:
    api.world.remove("pods", "cortex-mcp", "time")
    api.world.remove("pods", "cortex-mcp", "time")
    found = shown(api)
    assert [(server.type, server.state) for server in found.servers] == [("talos", "ready"), ("time", "missing")]
    assert found.exit_code == 1


@pytest.mark.parametrize("namespace", ["cortex-system", "somewhere"])
def test_undeclared_server_is_found_in_any_namespace(api: FakeApi, namespace: str) -> None:
    stranger(api, namespace)
    found = shown(api)
    assert [(s.type, s.namespace) for s in found.servers if s.state == "undeclared"] == [("rogue", namespace)]
    assert found.exit_code == 1


def test_verification_finds_a_server_in_a_namespace_that_is_not_declared() -> None:
    world = World(declared())
    pod = world.one("pods", "cortex-mcp", "time")
    world.add("pods", "somewhere", {**pod, "metadata": {"name": "rogue", "labels": pod["metadata"]["labels"]}})
    (finding,) = world.findings()
    assert (finding.code, str(finding.object)) == ("server.undeclared", "Pod somewhere/rogue")


def test_without_the_right_to_list_everywhere_the_declared_namespaces_are_searched(api: FakeApi) -> None:
    api.faults["/api/v1/pods"] = [status(403, "no")]
    stranger(api, "somewhere")
    found = shown(api)
    assert [server.state for server in found.servers] == ["ready", "ready"]
    assert (found.exit_code, found.everywhere) == (0, False)
    assert "Only the declared namespaces" in written(write, found)


def test_unreadable_namespace_is_unknown_and_nothing_is_called_missing(api: FakeApi) -> None:
    api.faults["/api/v1/pods"] = api.faults["/api/v1/namespaces/cortex-mcp/pods"] = [status(403, "no")]
    found = shown(api)
    assert (found.servers, found.exit_code) == ([], 3)
    assert [unknown.what for unknown in found.unknowns] == ["list pods in namespace cortex-mcp"]


def test_unreachable_cluster_is_one_sentence(api: FakeApi) -> None:
    with pytest.raises(UncheckedError, match="MCP servers could not be searched: the API server cannot be reached"):
        anyio.run(look, declared(), Connection("test", "http://127.0.0.1:1"))
