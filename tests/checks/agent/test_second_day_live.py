"""The agent of stack `local` gets a webhook and a claim, changes, and changes back: alerts arrive, the log is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.waiting import wait_until
from tests.conftest import Cluster
from tests.stacks.changing import Project
from tests.stacks.strategies import Settings
from tests.stacks.volume import by_hand

pytestmark = pytest.mark.live

SYSTEM, SPACE, CLAIM = "cortex-system", "cortex-mcp", "cortex-agent-log"
RECEIVER = """
import http.server
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        print("took", self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("", 9000), Receiver).serve_forever()
"""
PATH = "hook-4711"
"""The secret part of the webhook's address."""
WORKLOAD: Settings = {
    "image": "cortex.local/mcp-server-time",
    "command": ["python3", "-c", RECEIVER],
    "port": 9000,
    "clients": [{"namespace": SYSTEM, "labels": {"app": "cortex-agent"}}],
    "probes": {"readiness": {"periodSeconds": 1, "initialDelaySeconds": 0}},
    "terminationGracePeriodSeconds": 1,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of the volume in which the log is."""
    return tmp_path / "volume"


@pytest.fixture
def project(stack: Cluster, tmp_path: Path, folder: Path) -> Iterator[Project]:
    with by_hand(stack, "agent-log", folder):
        project = Project(stack, tmp_path / "project")
        yield project
        project.restore()
        stack.run("kubectl", "--namespace", SYSTEM, "delete", "pvc", CLAIM, "--ignore-not-found")


def test_webhook_and_claim_come_change_and_go(project: Project, folder: Path) -> None:
    before = project.declared()
    log: Settings = {"size": "500Mi", "claim": {"size": "1Gi", "storageClass": "by-hand"}}
    agent = {**before["agent"], "replicas": 1, "log": log}
    labels = {"app": "receiver", "cortex.dev/workload": "receiver"}
    alerting = {
        **before,
        "workloads": {"receiver": WORKLOAD},
        "secrets": {
            **before.get("secrets", {}),
            "webhook": {
                "namespace": SYSTEM,
                "keys": {"url": {"literal": f"http://receiver.{SPACE}.svc:9000/{PATH}"}},
            },
        },
        "agent": {
            **agent,
            "webhooks": {"ops": {"secret": "webhook", "key": "url"}},
            "egress": [{"namespace": SPACE, "labels": labels, "ports": [9000]}],
        },
    }
    project.up(alerting)
    project.run("kubectl", "--namespace", SPACE, "create", "configmap", "flags", "--from-literal=features.json={")
    try:
        assert wait_until(lambda: "features.json" in taken(project), 60, pause=1), said(project)
        assert wait_until(lambda: logged(folder, "features.json"), 10), said(project)
    finally:
        project.run("kubectl", "--namespace", SPACE, "delete", "configmap", "flags")
    assert PATH not in said(project) + "".join(path.read_text() for path in folder.glob("*.jsonl"))
    entries = len(logged(folder, ""))

    project.up({**before, "agent": {**agent, "metrics": {}}})
    assert wait_until(lambda: len(logged(folder, "")) > entries, 60, pause=1), said(project)
    assert len(set(logged(folder, ""))) == len(logged(folder, ""))
    assert "another agent" not in said(project)

    project.up(before)
    assert project.names("persistentvolumeclaims", SYSTEM) == {CLAIM}


def taken(project: Project) -> str:
    return project.run("kubectl", "--namespace", SPACE, "logs", "deployment/receiver")


def said(project: Project) -> str:
    """Return what the agent says on stderr."""
    return project.run("kubectl", "--namespace", SYSTEM, "logs", "deployment/cortex-agent")


def logged(folder: Path, text: str) -> list[str]:
    """Return the lines of the event log with a text."""
    return [line for path in folder.glob("events-*.jsonl") for line in path.read_text().splitlines() if text in line]
