"""Writers that act again and again: they are named, and `cortex repair` does not fight them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.checks.repair.test_repair_live import MCP, Hand
from tests.checks.repair.webhook import NAME, injecting
from tests.conftest import Cluster

pytestmark = pytest.mark.live

TIME = {"mcp.cortex.dev/type": "time"}
SELECTOR = ",".join(f"{key}={value}" for key, value in TIME.items())
SERVERS = ("--only", "servers")


@pytest.fixture(autouse=True)
def restored(stack: Cluster) -> Iterator[None]:
    """Leave the server as declared, also after a failure."""
    yield
    stack.run("kubectl", "-n", MCP, "annotate", "deployment", "time-mcp-server", "written-")
    stack.run("cortex", "repair", "local", "--yes", *SERVERS, check=False)


def repair(stack: Cluster, code: int) -> Any:
    """Repair, and return the report."""
    done = stack.run("cortex", "repair", "local", "--yes", *SERVERS, "--format", "json", check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def findings(stack: Cluster, code: str) -> list[Any]:
    """Return the findings of a code in the servers and their health."""
    results = ("--only", "servers,health")
    done = stack.run("cortex", "verify", "local", "--read-only", *results, "--format", "json", check=False)
    return [one for result in json.loads(done.stdout)["results"] for one in result["findings"] if one["code"] == code]


@contextmanager
def autoscaler(stack: Cluster) -> Iterator[None]:
    """Have three replicas where two are declared; wait until the autoscaler has set them."""
    place = ("--namespace", MCP)
    stack.run("kubectl", *place, "autoscale", "deployment", "time-mcp-server", "--min=3", "--max=4", "--cpu=90%")
    try:
        scaled = ("--for=jsonpath={.spec.replicas}=3", "--timeout=300s")
        stack.run("kubectl", *place, "wait", "deployment", "time-mcp-server", *scaled)
        yield
    finally:
        stack.run("kubectl", *place, "delete", "hpa", "time-mcp-server")


def test_an_autoscaler_is_named_and_not_fought(stack: Cluster) -> None:
    with autoscaler(stack):
        (finding,) = findings(stack, "server.replicas")
        assert finding["remedy"] == "person"
        assert "kube-controller-manager set it for a HorizontalPodAutoscaler" in finding["message"]
        report = repair(stack, 1)
        assert report["actions"] == []
        (entry,) = [one for one in report["left"] if one["code"] == "server.replicas"]
        assert entry["because"] == "writer"
        assert "`pulumi up --refresh --stack local`" in entry["todo"]
    # What the hint says: the autoscaler is gone, now deploy again.
    stack.run("pulumi", "up", "--refresh", "--stack", "local", "--yes", "--skip-preview")
    assert findings(stack, "server.replicas") == []


def test_a_webhook_that_adds_a_sidecar_to_pods_is_found_and_left_to_a_person(stack: Cluster, tmp_path: Path) -> None:
    with injecting(stack, tmp_path, "pods", TIME):
        before = pods(stack)
        replace(stack, before[0])
        (finding,) = findings(stack, "pod.undeclared-container")
        pod = finding["object"]["name"]
        assert pod not in before
        assert f"added by an admission webhook: {NAME} (" in finding["message"]
        assert "`kubectl get mutatingwebhookconfigurations`" in finding["hint"]
        assert f"`kubectl -n {MCP} delete pod {pod}`" in finding["hint"]
    replace(stack, pod)
    assert findings(stack, "pod.undeclared-container") == []


def pods(stack: Cluster) -> list[str]:
    """Return the names of the server's pods."""
    names = "jsonpath={.items[*].metadata.name}"
    return stack.run("kubectl", "-n", MCP, "get", "pods", "--selector", SELECTOR, "-o", names).stdout.split()


def replace(stack: Cluster, pod: str) -> None:
    """Delete a pod, and wait for the one that takes its place."""
    stack.run("kubectl", "-n", MCP, "delete", "pod", pod)
    stack.run("kubectl", "-n", MCP, "wait", "pod", "--selector", SELECTOR, "--for=condition=Ready", "--timeout=300s")
    stack.run("kubectl", "-n", MCP, "rollout", "status", "deployment", "time-mcp-server", "--timeout=300s")


def test_a_webhook_that_adds_a_sidecar_is_named_and_not_fought(stack: Cluster, tmp_path: Path) -> None:
    with injecting(stack, tmp_path, "deployments", TIME):
        stack.run("kubectl", "-n", MCP, "annotate", "deployment", "time-mcp-server", "written=yes")
        (finding,) = findings(stack, "server.spec")
        assert finding["message"] == f"spec.template.spec.containers[{NAME}] is undeclared"
        (action,) = repair(stack, 1)["actions"]
        assert action["outcome"] == "back"
        assert f"look at MutatingWebhookConfiguration {NAME}" in action["message"]
    stack.run("kubectl", "-n", MCP, "annotate", "deployment", "time-mcp-server", "written-")
    (action,) = repair(stack, 0)["actions"]
    assert action["outcome"] == "done"
    containers = Hand(stack).get("deployment", "time-mcp-server")["spec"]["template"]["spec"]["containers"]
    assert NAME not in {container["name"] for container in containers}
