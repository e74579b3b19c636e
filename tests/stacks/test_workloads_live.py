"""A companion of an MCP server on a real node: deployed, reached by its clients alone, verified, changed, removed."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project
from tests.stacks.strategies import Settings
from tests.stacks.volume import by_hand

pytestmark = pytest.mark.live

STORE = """
import os, pathlib, socketserver
class Count(socketserver.StreamRequestHandler):
    def handle(self):
        with open("/data/log", "a") as log: log.write("x")
        size = pathlib.Path("/data/log").stat().st_size
        self.wfile.write(f"{os.environ['PASSWORD']} {size}".encode())
socketserver.ThreadingTCPServer(("", int(os.environ["PORT"])), Count).serve_forever()
"""
"""A store that counts connections in its volume. The kubelet's probes count as well."""
IMAGE = "cortex.local/mcp-server-time"
DB: Settings = {
    "image": IMAGE,
    "command": ["python3", "-c", STORE],
    "port": 5432,
    "env": {"PORT": "5432"},
    "controller": "StatefulSet",
    "volumes": {"data": {"mount": "/data", "claim": {"size": "1Gi", "storageClass": "by-hand"}}},
    "secretEnv": {"PASSWORD": "time-api-token"},
    "clients": [{"server": "time"}],
    "probes": {"readiness": {"periodSeconds": 1, "initialDelaySeconds": 0}},
    "terminationGracePeriodSeconds": 1,
}
WORKER: Settings = {
    "image": IMAGE,
    "command": ["python3", "-c", "import time; time.sleep(1e6)"],
    "terminationGracePeriodSeconds": 1,
}
ASK = "import socket; print(socket.create_connection(('db', {port}), 5).recv(99).decode())"
# What somebody changes behind the stack's back: object, patch, code.
CHANGES: list[tuple[str, Settings, str]] = [
    ("statefulset/db", {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 2}}}}, "object.field"),
    ("service/db", {"spec": {"selector": {"app": "other"}}}, "object.field"),
    ("deployment/worker", {"metadata": {"labels": {"app": "other"}}}, "object.label"),
    ("networkpolicy/db", {"spec": {"ingress": [{}]}}, "network.policy"),
    ("serviceaccount/worker", {"automountServiceAccountToken": True}, "rbac.token"),
]


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    with by_hand(stack, "db-by-hand", tmp_path / "volume"):
        project = Project(stack, tmp_path / "project", ("verify",))
        yield project
        project.restore()
        stack.run("kubectl", "delete", "--namespace", "cortex-mcp", "pvc/data-db-0", "--ignore-not-found")


def asked(deployment: str, port: int = 5432) -> list[str]:
    """Return the command that asks the store from a pod."""
    pod = ["exec", "--namespace", "cortex-mcp", f"deployment/{deployment}", "--container", deployment]
    return ["kubectl", *pod, "--", "python3", "-c", ASK.format(port=port)]


def found(project: Project) -> set[tuple[str, str]]:
    """Return object and code of each finding of a verification that fails."""
    report = json.loads(project.refused("cortex", "verify", "local", "--read-only", "--format", "json"))
    findings = [one for result in report["results"] for one in result["findings"]]
    return {(f"{one['object']['kind'].lower()}/{one['object']['name']}", one["code"]) for one in findings}


def test_a_companion_is_deployed_verified_changed_and_removed(project: Project) -> None:
    before = project.declared()
    settings = deepcopy(before)
    settings["workloads"] = {"db": deepcopy(DB), "worker": deepcopy(WORKER)}
    project.up(settings)
    password, count = project.run(*asked("time-mcp-server")).split()
    assert int(count) > 0
    # The worker is not a client of the store.
    assert any(sign in project.refused(*asked("worker")) for sign in ("timed out", "refused"))

    for target, patch, _ in CHANGES:
        project.run("kubectl", "patch", "--namespace", "cortex-mcp", target, "--patch", json.dumps(patch))
    assert {(target, code) for target, _, code in CHANGES} <= found(project)
    project.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview", "--refresh")
    project.run("cortex", "verify", "local")

    settings["workloads"]["db"] |= {"port": 5433, "env": {"PORT": "5433"}}
    settings["workloads"]["worker"]["replicas"] = 2
    project.up(settings)
    again, more = project.run(*asked("time-mcp-server", 5433)).split()
    assert again == password
    assert int(more) > int(count), "the store has lost its volume"

    project.up(before)
    assert project.names("statefulsets", "cortex-mcp") == set()
    assert project.names("persistentvolumeclaims", "cortex-mcp") == {"data-db-0"}
    assert {"db", "worker"}.isdisjoint(project.names("networkpolicies", "cortex-mcp"))
