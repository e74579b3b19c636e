"""MCP servers of each kind on the real cluster: sessions, the older transport, HTTPS and a token."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.loader import parse
from stacks.manifests.build import build
from tests.checks.world import Json
from tests.conftest import ROOT, Cluster

pytestmark = pytest.mark.live

NAMESPACE = "mcp-live"
TOKEN = "live-token-4711"
SOCKET_PROGRAM = (Path(__file__).parent / "socket_server.py").read_text(encoding="utf-8")
PROGRAM = (Path(__file__).parent / "live_server.py").read_text(encoding="utf-8")
BEARER = {"bearer": {"secret": "guarded-token", "key": "token"}}
SOCKET = {"config": {"server.py": SOCKET_PROGRAM}, "protocols": ["2025-06-18"]}
FAST = {"initialDelaySeconds": 0, "periodSeconds": 1}
PROBES = {"readiness": FAST, "startup": {**FAST, "failureThreshold": 600}}
"""Soon ready, and never killed because a busy machine lets it start slowly."""


def server(image: str, mode: str, **settings: Any) -> Json:
    return {
        "image": image,
        "version": "1",
        "transport": "http",
        "namespace": NAMESPACE,
        "capabilities": {"live": ["add"]},
        "smoke": {"tool": "add", "arguments": {"a": 1, "b": 2}},
        "command": ["python3", "/etc/mcp/config/server.py"],
        "args": [mode],
        "config": {"server.py": PROGRAM},
        "probes": PROBES,
        # As the first process of a container, Python ignores SIGTERM.
        "terminationGracePeriodSeconds": 1,
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
        **settings,
    }


def declaration(image: str) -> Json:
    affine = {"service": {"sessionAffinity": "ClientIP"}}
    token = {"secrets": [{"name": "guarded-token", "env": {"TOKEN": "token"}}], "authorization": BEARER}
    return {
        "cluster": {"context": "cortex-local", "environment": "local"},
        "namespaces": {
            "cortex-system": {"component": "system", "description": "Core"},
            NAMESPACE: {"component": "mcp-servers", "description": "Servers of a live test"},
        },
        "servers": {
            "sessions": server(image, "sessions"),
            "old": server(image, "old", **affine),
            "stream": server(image, "stream", transport="sse", path="/sse", **affine),
            "socket": server(image, "", **token, transport="websocket", path="/guarded", **SOCKET),
            "guarded": server(image, "guarded", replicas=1, tls={"verify": False}, **token),
        },
        "secrets": {"guarded-token": {"namespace": NAMESPACE, "existing": ["token"]}},
    }


@pytest.fixture(scope="module")
def servers(cluster: Cluster) -> Iterator[Json]:
    """The servers as a deployment makes them, all of them ready."""
    image = json.loads((cluster.folder / "images.json").read_text())["cortex.local/cortex"]
    settings = declaration(image)
    manifests = [each for each in build(parse(settings, "Pulumi.live.yaml")) if each.namespace == NAMESPACE]
    cluster.make_namespace(NAMESPACE)
    kubectl = ("kubectl", "--namespace", NAMESPACE)
    try:
        cluster.run(*kubectl, "create", "secret", "generic", "guarded-token", f"--from-literal=token={TOKEN}")
        documents = yaml.safe_dump_all([each.document() for each in manifests])
        cluster.run("kubectl", "apply", "--server-side", "--field-manager=live", "-f", "-", given=documents)
        cluster.run(*kubectl, "wait", "--for=condition=Available", "deployments", "--all", "--timeout=400s")
        yield settings
    finally:
        cluster.run("kubectl", "delete", "namespace", NAMESPACE)


def verified(cluster: Cluster, settings: Json, folder: Path, only: str, **changes: Any) -> Json:
    """Verify one of the servers, declared with these changes; return the check's result."""
    chosen = {only: {**settings["servers"][only], **changes}}
    config = {f"cortex:{key}": value for key, value in {**settings, "servers": chosen}.items()}
    (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    (folder / "Pulumi.live.yaml").write_text(yaml.safe_dump({"config": config}))
    at = Cluster(cluster.name, {**os.environ, **cluster.env}, folder)
    done = at.run("cortex", "mcp", "list", "live", "--format", "json", check=False)
    assert TOKEN not in done.stdout + done.stderr
    assert done.stderr == "", done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert isinstance(result, dict)
    return result


def codes(result: Json) -> list[str]:
    return [finding["code"] for finding in result["findings"]]


def test_sessions_of_an_older_protocol_are_found(cluster: Cluster, servers: Json, tmp_path: Path) -> None:
    assert codes(verified(cluster, servers, tmp_path, "sessions")) == ["mcp.session"]


def test_sessions_are_kept_by_affinity(cluster: Cluster, servers: Json, tmp_path: Path) -> None:
    result = verified(cluster, servers, tmp_path, "old")
    assert (result["status"], {f["name"]: f["value"] for f in result["facts"]}["protocol"] < "2026") == ("pass", True)
    assert codes(verified(cluster, servers, tmp_path, "old", service=None)) == ["mcp.session"]


def test_older_transport_passes_at_its_path(cluster: Cluster, servers: Json, tmp_path: Path) -> None:
    assert verified(cluster, servers, tmp_path, "stream")["status"] == "pass"
    (finding,) = verified(cluster, servers, tmp_path, "stream", path="/mcp")["findings"]
    assert (finding["code"], "path /sse" in finding["message"]) == ("mcp.protocol", True)
    assert codes(verified(cluster, servers, tmp_path, "stream", transport="http")) == ["mcp.protocol"]


def test_web_socket_passes_with_and_without_a_token(cluster: Cluster, servers: Json, tmp_path: Path) -> None:
    result = verified(cluster, servers, tmp_path, "socket")
    assert (result["status"], result["findings"], result["unknowns"]) == ("pass", [], [])
    open_to_all: Json = {"path": "/ws", "authorization": None}
    result = verified(cluster, servers, tmp_path, "socket", **open_to_all)
    assert (result["status"], result["findings"], result["unknowns"]) == ("pass", [], [])
    assert codes(verified(cluster, servers, tmp_path, "socket", path="/ws")) == ["mcp.anonymous"]
    assert codes(verified(cluster, servers, tmp_path, "socket", **open_to_all, transport="http")) == ["mcp.protocol"]
    (finding,) = verified(cluster, servers, tmp_path, "socket", path="/mcp", authorization=None)["findings"]
    assert (finding["code"], "HTTP 404" in finding["message"]) == ("mcp.protocol", True)


def test_web_socket_is_called(cluster: Cluster, servers: Json, tmp_path: Path) -> None:
    verified(cluster, servers, tmp_path, "socket")
    at = Cluster(cluster.name, {**os.environ, **cluster.env}, tmp_path)
    called = at.run("cortex", "mcp", "call", "live", "socket", "add", "--arguments", '{"a": 1, "b": 2}')
    assert called.stdout == "3\n"
    pinged = at.run("cortex", "mcp", "ping", "live", "socket")
    assert pinged.stdout.count("answered") == 2
    told = at.run("cortex", "mcp", "tools", "live", "socket")
    assert told.stdout.splitlines()[1].split() == ["add", "a,", "b", "Add."]


def test_token_is_used_and_anonymous_requests_are_refused(cluster: Cluster, servers: Json, tmp_path: Path) -> None:
    result = verified(cluster, servers, tmp_path, "guarded")
    assert (result["status"], result["findings"], result["unknowns"]) == ("pass", [], [])
    result = verified(cluster, servers, tmp_path, "guarded", authorization={"anonymous": "refused"})
    assert (result["status"], result["findings"], result["unknowns"]) == ("skipped", [], [])
    (unknown,) = verified(cluster, servers, tmp_path, "guarded", authorization=None)["unknowns"]
    assert "declare cortex:servers.guarded.authorization" in unknown["message"]


def test_wrong_token_and_open_server_are_found(cluster: Cluster, servers: Json, tmp_path: Path) -> None:
    refused = {"authorization": {"anonymous": "refused"}, "replicas": 1}
    assert codes(verified(cluster, servers, tmp_path, "sessions", **refused)) == ["mcp.anonymous"]
    kubectl = ("kubectl", "--namespace", NAMESPACE)
    secret = {"stringData": {"token": "another"}}
    cluster.run(*kubectl, "patch", "secret", "guarded-token", "--patch", json.dumps(secret))
    try:
        assert codes(verified(cluster, servers, tmp_path, "guarded")) == ["mcp.credentials"]
    finally:
        secret = {"stringData": {"token": TOKEN}}
        cluster.run(*kubectl, "patch", "secret", "guarded-token", "--patch", json.dumps(secret))
