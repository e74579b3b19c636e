"""A rotation, one that is rolled back, and one on schedule, while a client calls the MCP server: no call fails."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.kube.connection import from_kubeconfig
from checks.rotation.log import read
from tests.checks.rotation.load import Load
from tests.checks.rotation.project import home
from tests.conftest import Cluster
from tests.stacks.changing import Project

pytestmark = pytest.mark.live

PATH = "/api/v1/namespaces/cortex-mcp/services/http:time-mcp-server:8080/proxy/mcp"
SEED = ("--namespace", "cortex-mcp", "secret", "seed")
DIGITS = {"every": "1h", "generator": {"length": 8, "alphabet": "digits"}}


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    """The stack, whose server `time` also reads a generated Secret that can keep Python from starting."""
    folder = tmp_path / "project"
    folder.mkdir()
    env = {**stack.env, "XDG_STATE_HOME": str(home(tmp_path, "state"))}
    project = Project(Cluster(stack.name, env), folder)
    settings = project.declared()
    settings["secrets"] = {"seed": {"namespace": "cortex-mcp", "generated": "seed", "rotation": DIGITS}}
    settings["rotator"] = {"image": settings["verifier"]["image"]}
    settings["servers"]["time"] |= {
        "secrets": [{"name": "seed", "env": {"PYTHONHASHSEED": "seed"}}],
        # Endpoints take a moment to lose a pod that ends.
        "lifecycle": {"preStop": {"sleep": 5}},
    }
    try:
        project.declare(settings)
        project.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
        yield project
    finally:
        stack.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")


def seed(stack: Cluster) -> str:
    return stack.run("kubectl", "get", *SEED, "--output", "jsonpath={.data.seed}").stdout


def on_schedule(stack: Cluster, job: str) -> str:
    """Run the CronJob of the rotator now; return what its pod said."""
    inside = ("--namespace", "cortex-system")
    stack.run("kubectl", "create", "job", job, *inside, "--from=cronjob/cortex-rotate")
    try:
        stack.run("kubectl", "wait", f"job/{job}", *inside, "--for=condition=Complete", "--timeout=300s")
        return stack.run("kubectl", "logs", f"job/{job}", *inside).stdout
    finally:
        stack.run("kubectl", "delete", "job", job, *inside)


def test_no_call_fails_while_values_are_rotated_and_rolled_back(
    project: Project, stack: Cluster, tmp_path: Path
) -> None:
    first = seed(stack)
    with Load(from_kubeconfig("cortex-local", stack.kubeconfig), PATH) as load:
        good = project.cortex(
            "secrets", "rotate", "local", "time-mcp-credentials", "--generate", "24", "--timeout", "20m"
        )
        wrong = ("--command", "printf very-secret-wrong", "--timeout", "20s")
        bad = project.cortex("secrets", "rotate", "local", "seed", *wrong)
        taken_back = seed(stack)
        stack.run("kubectl", "annotate", "--overwrite", *SEED, "cortex.dev/rotated=2026-01-01T00:00:00Z")
        scheduled = on_schedule(stack, "rotate-now")
    assert good.returncode == 0, good.stderr
    assert good.stderr.count("smoke calls passed") == 2
    assert bad.returncode == 1, bad.stderr
    assert "the old one is back on all pods" in bad.stderr
    assert (load.failures, load.calls > 100) == ([], True)
    entries = read(tmp_path / "state" / "cortex" / "rotation" / "local" / "log.jsonl")
    assert [entry.outcome for entry in entries] == ["rotated", "rolled-back"]
    assert "very-secret" not in str(entries)
    assert (taken_back, seed(stack) != first) == (first, True)
    assert scheduled.count("smoke calls passed") == 2
    assert "seed is not due" in on_schedule(stack, "rotate-again")
    shown = project.cortex("secrets", "history", "local", "--format", "json")
    history = json.loads(shown.stdout)["entries"]
    assert [entry["outcome"] for entry in history] == ["rotated", "rolled-back", "rotated"]
    assert history[-1]["account"] == "system:serviceaccount:cortex-system:cortex-rotator"
    assert seed(stack) not in shown.stdout
    project.run("pulumi", "preview", "--stack", "local", "--expect-no-changes")
    verified = project.cortex("verify", "local")
    assert verified.returncode == 0, verified.stdout
