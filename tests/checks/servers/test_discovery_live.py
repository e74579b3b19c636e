"""Discovery, registry, health and events on the real cluster, and a server there that nobody declared."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from local.waiting import wait_until
from stacks.model import names
from tests.checks.world import Json
from tests.conftest import Cluster

pytestmark = pytest.mark.live

NAMESPACE = "discovery-test"


def shown(stack: Cluster, *args: str, code: int = 0) -> Json:
    done = stack.run("cortex", *args, "--format", "json", check=False)
    assert done.returncode == code, done.stdout + done.stderr
    report: Json = json.loads(done.stdout)
    return report


@pytest.fixture
def stranger(stack: Cluster) -> Iterator[str]:
    """Run a pod with an MCP server's labels in a namespace that the stack does not have."""
    images = stack.run("kubectl", "-n", "cortex-mcp", "get", "deploy", "-o", "jsonpath={..image}").stdout
    container = {"name": "main", "image": images.split()[0], "imagePullPolicy": "IfNotPresent", "command": ["/nowhere"]}
    labels = {names.APP: names.MCP_SERVER_APP, names.TYPE: "rogue"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "rogue", "namespace": NAMESPACE, "labels": labels},
        "spec": {"containers": [container], "automountServiceAccountToken": False},
    }
    stack.make_namespace(NAMESPACE)
    try:
        stack.run("kubectl", "apply", "-f", "-", given=yaml.safe_dump(pod))
        yield "rogue"
    finally:
        stack.run("kubectl", "delete", "namespace", NAMESPACE)


def test_declared_servers_are_found(stack: Cluster) -> None:
    found = shown(stack, "discover", "local")
    servers = {server["type"]: server for server in found["servers"]}
    assert set(servers) == {"kubernetes", "time"}
    assert {server["state"] for server in servers.values()} == {"ready"}
    ip = stack.run("kubectl", "-n", "cortex-mcp", "get", "svc", "time-mcp-server", "-o", "jsonpath={.spec.clusterIP}")
    url = "http://time-mcp-server.cortex-mcp.svc.cluster.local:8080/mcp"
    assert servers["time"]["endpoints"] == {
        "annotation": url,
        "service": f"http://{ip.stdout}:8080/mcp",
        "dns": url,
    }


def test_server_that_nobody_declared_is_found_in_any_namespace(stack: Cluster, stranger: str) -> None:
    found = shown(stack, "discover", "local", code=1)
    states = {(server["type"], server["state"]) for server in found["servers"]}
    assert states == {("kubernetes", "ready"), ("time", "ready"), (stranger, "undeclared")}


def test_registry_leads_to_the_servers_that_run(stack: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "mcp-server-registry.json"
    entry = shown(stack, "registry", "local", "time", "--output", str(file))
    written = json.loads(file.read_text())
    assert written["servers"]["time"] == entry
    assert entry["health_status"] == "healthy"
    pods = stack.run("kubectl", "-n", "cortex-mcp", "get", "pods", "-o", "jsonpath={.items[*].metadata.name}").stdout
    assert written["servers"]["time"]["server_info"]["name"] in pods.split()


def test_health_of_every_workload(stack: Cluster) -> None:
    workloads = shown(stack, "health", "local")["workloads"]
    counts = {one["name"]: (one["healthy"], one["unhealthy"]) for one in workloads}
    assert counts == {
        "kubernetes-mcp-server": (2, 0),
        "time-mcp-server": (2, 0),
        "kube-state-metrics": (1, 0),
        "cortex-agent": (2, 0),
    }
    answers = {(one["type"], point["path"]): point["status"] for one in workloads for point in one["endpoints"]}
    assert answers == {
        ("kubernetes", "/healthz"): 200,
        **{("time", path): 200 for path in ("/health", "/ready", "/startup")},
    }


def test_event_is_shown_with_what_it_is_about(stack: Cluster) -> None:
    about = {"apiVersion": "v1", "kind": "ConfigMap", "name": "demo", "namespace": "cortex-data"}
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "discovery-test", "namespace": "cortex-data"},
        "involvedObject": about,
        "reason": "DiscoveryTest",
        "message": "a test",
        "type": "Warning",
        "count": 2,
        "lastTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    stack.run("kubectl", "apply", "-f", "-", given=yaml.safe_dump(event))
    try:
        # The agent writes it a second later, since it joins equal events.
        asked = ("events", "local", "--type", "Warning", "--since", "5m", "--reason", "DiscoveryTest")
        assert wait_until(lambda: shown(stack, *asked)["events"], 30, pause=0.5)
        (seen,) = shown(stack, *asked)["events"]
        assert (seen["message"], seen["count"], seen["type"]) == ("a test", 2, "Warning")
        assert seen["object"] == {"kind": "ConfigMap", "name": "demo", "namespace": "cortex-data"}
    finally:
        stack.run("kubectl", "-n", "cortex-data", "delete", "event", "discovery-test")
