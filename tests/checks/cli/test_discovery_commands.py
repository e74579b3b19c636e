"""The commands discover, registry, health and events: exit codes, mistakes, JSON by schema."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.cli.project import Project
from tests.checks.fake_api import Answer, FakeApi, serve, status
from tests.checks.reports import validate
from tests.checks.world import SETTINGS, Json, World, declared

LOOKED_AT = "/api/v1/pods"
SERVERS = {"clock": SETTINGS["servers"]["time"], "weather": SETTINGS["servers"]["talos"]}
"""Of types without a preset, which a stack file would get."""


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with serve(World(declared(servers=SERVERS))) as api:
        yield api


@pytest.fixture
def project(tmp_path: Path, api: FakeApi) -> Project:
    project = Project(tmp_path, api.url)
    project.declare({**SETTINGS, "servers": SERVERS})
    return project


def followed(out: str) -> Json:
    """Give a JSON report that follows the schema that it names."""
    report: Json = json.loads(out)
    validate(report, str(report["schema"]))
    return report


def test_discover(project: Project, api: FakeApi) -> None:
    out, err = project.cortex("discover", "test", code=0)
    assert [line.split()[:4] for line in out.splitlines()] == [
        ["TYPE", "NAMESPACE", "STATE", "READY"],
        ["clock", "cortex-mcp", "ready", "2/2"],
        ["weather", "cortex-mcp", "ready", "2/2"],
    ]
    assert err == ""
    out, _ = project.cortex("discover", "test", "--format", "json", code=0)
    assert followed(out)["schema"] == "cortex.dev/discover/v1"


def test_discover_shows_what_is_cached_without_a_request(project: Project, api: FakeApi) -> None:
    _, err = project.cortex("discover", "test", "--cached", code=3)
    assert err == (
        "cortex: mcp-server-registry.json does not exist: "
        "run `cortex agent test --registry mcp-server-registry.json`, or leave out --cached\n"
    )
    project.cortex("registry", "test", code=0)
    before = dict(api.requests)
    out, _ = project.cortex("discover", "test", "--cached", code=0)
    assert [line.split()[:3] for line in out.splitlines()[1:3]] == [
        ["clock", "cortex-mcp", "healthy"],
        ["weather", "cortex-mcp", "healthy"],
    ]
    assert dict(api.requests) == before
    file = project.folder / "mcp-server-registry.json"
    kept = json.loads(file.read_text())
    kept["servers"]["clock"]["health_status"] = "degraded"
    file.write_text(json.dumps(kept))
    project.cortex("discover", "test", "--cached", code=1)
    file.write_text(json.dumps({**kept, "last_update": "2026-01-01T00:00:00Z"}))
    _, err = project.cortex("discover", "test", "--cached", code=3)
    assert "is too old, or of another cluster" in err


def test_registry_is_made_kept_and_made_anew(project: Project, api: FakeApi) -> None:
    file = project.folder / "mcp-server-registry.json"
    out, _ = project.cortex("registry", "test", code=0)
    assert "clock" in out
    assert api.requests[LOOKED_AT] == 1
    out, _ = project.cortex("registry", "test", "clock", "--format", "json", code=0)
    assert json.loads(out) == json.loads(file.read_text())["servers"]["clock"]
    assert api.requests[LOOKED_AT] == 1, "a young file needs no cluster"
    project.cortex("registry", "test", "--max-age", "0s", code=0)
    project.cortex("registry", "test", "--refresh", code=0)
    assert api.requests[LOOKED_AT] == 3
    file.write_text('{"last_update": "20')
    out, err = project.cortex("registry", "test", "--format", "server-json", code=0)
    assert [entry["name"] for entry in json.loads(out)] == ["dev.cortex.mcp/clock", "dev.cortex.mcp/weather"]
    assert err.startswith("cortex: mcp-server-registry.json is not a registry (")
    assert err.count("\n") == 1
    assert set(json.loads(file.read_text())["servers"]) == {"weather", "clock"}


def test_registry_is_refreshed_on_a_miss_which_may_stay_one(project: Project, api: FakeApi) -> None:
    pods = api.world.objects["pods", "cortex-mcp"]
    time = [pod for pod in pods if pod["metadata"]["name"].startswith("clock")]
    pods[:] = [pod for pod in pods if pod not in time]
    _, err = project.cortex("registry", "test", "clock", code=1)
    assert err == "cortex: no pod of the MCP server 'clock' is running: `cortex health test` says why\n"
    pods += time
    out, _ = project.cortex("registry", "test", "clock", code=0)
    assert "clock-mcp-server.cortex-mcp" in out
    assert api.requests[LOOKED_AT] == 2


def test_failed_refresh_leaves_the_registry(project: Project, api: FakeApi) -> None:
    file = project.folder / "mcp-server-registry.json"
    project.cortex("registry", "test", code=0)
    before = file.read_bytes()
    api.faults[LOOKED_AT] = [status(500, "broken")]
    _, err = project.cortex("registry", "test", "--refresh", code=3)
    assert err.startswith("cortex: MCP servers could not be searched: ")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            ["registry", "test", "nosuch"],
            "declares no MCP server of type 'nosuch': it declares clock, weather",
        ),
        (["registry", "test", "--max-age", "soon"], "--max-age: 'soon' is not a duration"),
        (["registry", "test", "--output", "no/where.json"], "cannot write no/where.json"),
        (["events", "test", "--since", "5"], "--since: '5' is not a duration"),
        (["discover", "nosuch"], "no stack 'nosuch'"),
        (["health", "test", "--context", "other"], "has no context 'other'"),
    ],
)
def test_mistakes_are_one_sentence(project: Project, args: list[str], sentence: str) -> None:
    out, err = project.cortex(*args, code=2)
    assert out == ""
    assert err.startswith("cortex: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_health(project: Project, api: FakeApi) -> None:
    proxy = "/api/v1/namespaces/cortex-mcp/services/http:{}-mcp-server:8080/proxy{}"
    for kind in ("clock", "weather"):
        for path in ("/health", "/ready", "/startup"):
            api.faults[proxy.format(kind, path)] = [Answer(200, b"ok")]
    out, _ = project.cortex("health", "test", code=0)
    assert [line.split()[:4] for line in out.splitlines()] == [
        ["WORKLOAD", "NAMESPACE", "HEALTHY", "RESTARTS"],
        ["clock-mcp-server", "cortex-mcp", "2/2", "0"],
        ["weather-mcp-server", "cortex-mcp", "2/2", "0"],
    ]
    api.world.one("deployments", "cortex-mcp", "clock")["status"]["availableReplicas"] = 0
    out, _ = project.cortex("health", "test", code=1)
    assert "Deployment cortex-mcp/clock-mcp-server\n  error server.unavailable  0 of 2 replicas are available" in out
    out, _ = project.cortex("health", "test", "--format", "json", code=1)
    assert followed(out)["exitCode"] == 1


def test_events(project: Project, api: FakeApi) -> None:
    out, _ = project.cortex("events", "test", code=0)
    assert out == "No events since 1 h ago.\n"
    event = {
        "metadata": {"name": "e", "creationTimestamp": "2020-01-01T00:00:00Z"},
        "involvedObject": {"kind": "Pod", "name": "p"},
        "type": "Normal",
        "reason": "Started",
    }
    api.world.add("events", "cortex-mcp", event)
    out, _ = project.cortex("events", "test", "--since", "9999d", "--type", "Warning", code=0)
    assert "Started" not in out
    out, _ = project.cortex("events", "test", "--since", "9999d", "--format", "json", code=0)
    (shown,) = followed(out)["events"]
    assert (shown["reason"], shown["object"]["name"], shown["lastSeen"]) == ("Started", "p", "2020-01-01T00:00:00Z")
