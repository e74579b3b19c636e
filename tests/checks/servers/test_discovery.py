"""Discovery finds what the labels say; the registry keeps it whole, young, and of one cluster."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import anyio
import msgspec
import pytest

from checks.errors import UncheckedError, UsageError
from checks.kube.connection import Connection
from checks.registry.registry import Entry, Registry, ServerInfo, load, register, save
from checks.registry.server_json import entries
from checks.servers.discovery import Sight, look
from checks.servers.report import Discovered, document, write
from checks.target import Target
from stacks.model import names
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.world import NOW, SETTINGS, World, declared
from tests.checks.written import written

FIVE_MINUTES = timedelta(minutes=5)
TODAY = NOW.date()
TIME_URL = "http://time-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared())) as api:
        for number, pod in enumerate(api.world.objects["pods", "cortex-mcp"]):
            pod["spec"] = {"nodeName": "node-0"}
            pod["status"]["podIP"] = f"10.0.0.{number}"
        for service in api.world.objects["services", "cortex-mcp"]:
            service["spec"]["clusterIP"] = "10.96.0.7"
        yield api


def connection(api: FakeApi) -> Connection:
    return Connection("test", api.url)


def seen(api: FakeApi) -> Sight:
    return anyio.run(look, api.world.declaration, connection(api))


def shown(api: FakeApi) -> Discovered:
    return document(Target("test", api.world.declaration, connection(api)), seen(api), TODAY)


def stranger(api: FakeApi, namespace: str) -> None:
    pod = api.world.one("pods", "cortex-mcp", "time")
    labels = {names.APP: names.MCP_SERVER_APP, names.TYPE: "rogue"}
    api.world.add("pods", namespace, {**pod, "metadata": {"name": "rogue", "labels": labels}})


def unready(api: FakeApi, *prefixes: str) -> None:
    for pod in api.world.objects["pods", "cortex-mcp"]:
        if pod["metadata"]["name"].startswith(prefixes):
            pod["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


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


def registry(api: FakeApi) -> Registry:
    return register(seen(api), connection(api), NOW)


def test_registry_has_the_seeds_shape(api: FakeApi, tmp_path: Path) -> None:
    unready(api, "talos")
    file = tmp_path / "registry.json"
    save(registry(api), file)
    written = json.loads(file.read_text())
    assert (written["last_update"], written["context"]) == ("2026-01-01T12:00:00Z", "test")
    assert set(written["servers"]) == {"talos", "time"}
    assert written["servers"]["talos"]["health_status"] == "degraded"
    assert written["servers"]["time"] == {
        "server_info": {
            "name": "time-mcp-server-5d-0",
            "namespace": "cortex-mcp",
            "type": "time",
            "version": "1.0",
            "protocol": "stdio",
            "capabilities": ["time"],
            "endpoint": TIME_URL,
            "pod_ip": "10.0.0.0",
            "node_name": "node-0",
            "status": "Running",
            "ready": True,
        },
        "discovered_at": "2026-01-01T12:00:00Z",
        "health_status": "healthy",
    }
    assert load(file) == (registry(api), "")


def test_registry_leads_nobody_to_a_server_that_nobody_declared(api: FakeApi) -> None:
    stranger(api, "cortex-system")
    assert set(registry(api).servers) == {"talos", "time"}


def test_registry_is_not_made_from_half_a_look(api: FakeApi) -> None:
    api.faults["/api/v1/pods"] = api.faults["/api/v1/namespaces/cortex-system/pods"] = [status(403, "no")]
    with pytest.raises(UncheckedError, match="the registry is left as it was: the account lacks"):
        registry(api)


@pytest.mark.parametrize(
    ("age", "host", "good"), [(299, "", True), (301, "", False), (-1, "", False), (10, "https://other", False)]
)
def test_registry_serves_while_it_is_young_and_of_this_cluster(age: int, host: str, good: bool) -> None:
    kept = Registry(NOW, {}, "test", "https://api")
    assert kept.serves(Connection("test", host or "https://api"), NOW + timedelta(seconds=age), FIVE_MINUTES) is good


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"last_update": "2026-01-01T12:00:00Z", "servers": {"time": {"server_',
        b"[]",
        b'{"last_update": "yesterday", "servers": {}}',
        b'{"last_update": "2026-01-01T12:00:00", "servers": {}}',  # no time zone: of another program
        b"\xff\xfe",
    ],
)
def test_broken_file_is_told_and_no_registry(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "registry.json"
    file.write_bytes(content)
    kept, complaint = load(file)
    assert kept is None
    assert complaint.startswith(f"{file} holds no registry (")
    assert complaint.endswith("): it is written anew")


def test_missing_file_is_no_complaint(tmp_path: Path) -> None:
    assert load(tmp_path / "none.json") == (None, "")


def test_unreadable_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*: Is a directory: name another file with --output"):
        load(tmp_path)


def test_writers_at_once_leave_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "registry.json"
    info = ServerInfo("p", "n", "t", "1", "http", ["c"] * 5000, "http://e", "10.0.0.1", "node", "Running", ready=True)
    kept = Registry(NOW, {"t": Entry(info, NOW, "healthy")})
    save(kept, file)
    done = threading.Event()
    broken: list[str] = []

    def read() -> None:
        while not done.is_set():
            if load(file) != (kept, ""):
                broken.append(load(file)[1])

    def write() -> None:
        for _ in range(20):
            save(kept, file)

    writers = [threading.Thread(target=write) for _ in range(4)]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()
    assert broken == []
    assert [path.name for path in tmp_path.iterdir()] == ["registry.json"]


def test_server_json_entries_follow_the_mcp_registrys_rules(api: FakeApi) -> None:
    unready(api, "talos")
    (entry,) = entries(registry(api), api.world.declaration)
    assert json.loads(msgspec.json.encode(entry)) == {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": "dev.cortex.mcp/time",
        "description": "MCP server of type time: time",
        "version": "1.0",
        "packages": [
            {
                "registryType": "oci",
                "identifier": "registry.test/time:1",
                "transport": {"type": "streamable-http", "url": "http://127.0.0.1:8080/mcp"},
            }
        ],
        "remotes": [{"type": "streamable-http", "url": TIME_URL}],
    }


def test_long_description_is_cut_to_what_the_schema_allows() -> None:
    capabilities = {f"capability-{number}": ["tool"] for number in range(12)}
    server = {**SETTINGS["servers"]["time"], "capabilities": capabilities, "smoke": None}
    with serve(World(declared(servers={"time": server}))) as api:
        (entry,) = entries(registry(api), api.world.declaration)
    assert len(entry.description) == 100
    assert entry.description.endswith("…")
