"""The registry is whole, young, and of one cluster."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from checks.errors import UncheckedError, UsageError
from checks.kube.connection import Connection
from checks.registry.registry import Entry, Registry, ServerInfo, load, register, save
from checks.registry.server_json import entries
from tests.checks.fake_api import FakeApi, serve, status
from tests.checks.servers.discovered import TIME_URL, connection, seen, serving, stranger, unready
from tests.checks.world import NOW, SETTINGS, World, declared

FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serving() as api:
        yield api


def registry(api: FakeApi) -> Registry:
    return register(seen(api), connection(api), NOW)


def test_registry_has_its_documented_shape(api: FakeApi, tmp_path: Path) -> None:
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


def test_registry_has_no_undeclared_server(api: FakeApi) -> None:
    stranger(api, "cortex-system")
    assert set(registry(api).servers) == {"talos", "time"}


def test_registry_is_not_made_if_something_could_not_be_read(api: FakeApi) -> None:
    api.faults["/api/v1/pods"] = api.faults["/api/v1/namespaces/cortex-system/pods"] = [status(403, "no")]
    with pytest.raises(UncheckedError, match="the registry was not changed: the account lacks"):
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
def test_broken_file_is_not_a_registry(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "registry.json"
    file.write_bytes(content)
    kept, complaint = load(file)
    assert kept is None
    assert complaint.startswith(f"{file} is not a registry (")
    assert complaint.endswith("): it is written again")


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


def test_server_json_has_no_web_socket() -> None:
    server = {**SETTINGS["servers"]["time"], "transport": "websocket"}
    with serve(World(declared(servers={"time": server}))) as api:
        assert registry(api).servers["time"].health_status == "healthy"
        assert entries(registry(api), api.world.declaration) == []


def test_long_description_is_cut_to_what_the_schema_allows() -> None:
    capabilities = {f"capability-{number}": ["tool"] for number in range(12)}
    server = {**SETTINGS["servers"]["time"], "capabilities": capabilities, "smoke": None}
    with serve(World(declared(servers={"time": server}))) as api:
        (entry,) = entries(registry(api), api.world.declaration)
    assert len(entry.description) == 100
    assert entry.description.endswith("…")
