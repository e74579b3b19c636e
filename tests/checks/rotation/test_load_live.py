"""A rotation, and one that is rolled back, while a client calls the MCP server: no call fails."""

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


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    """The stack, whose server `time` also reads a Secret of others that can keep Python from starting."""
    folder = tmp_path / "project"
    folder.mkdir()
    env = {**stack.env, "XDG_STATE_HOME": str(home(tmp_path, "state"))}
    project = Project(Cluster(stack.name, env), folder)
    settings = project.declared()
    settings["secrets"] = {"seed": {"namespace": "cortex-mcp", "existing": ["seed"]}}
    settings["servers"]["time"] |= {
        "secrets": [{"name": "seed", "env": {"PYTHONHASHSEED": "seed"}}],
        # Endpoints take a moment to lose a pod that ends.
        "lifecycle": {"preStop": {"sleep": 5}},
    }
    stack.run("kubectl", "create", "--namespace", "cortex-mcp", "secret", "generic", "seed", "--from-literal=seed=1")
    try:
        project.declare(settings)
        project.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
        yield project
    finally:
        stack.run("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
        stack.run("kubectl", "delete", *SEED)


def test_no_call_fails_while_values_are_rotated_and_rolled_back(
    project: Project, stack: Cluster, tmp_path: Path
) -> None:
    with Load(from_kubeconfig("cortex-local", stack.kubeconfig), PATH) as load:
        good = project.cortex(
            "secrets", "rotate", "local", "time-mcp-credentials", "--generate", "24", "--timeout", "20m"
        )
        wrong = ("--command", "printf very-secret-wrong", "--timeout", "20s")
        bad = project.cortex("secrets", "rotate", "local", "seed", *wrong)
    assert good.returncode == 0, good.stderr
    assert good.stderr.count("smoke calls passed") == 2
    assert bad.returncode == 1, bad.stderr
    assert "the old one is back on all pods" in bad.stderr
    assert (load.failures, load.calls > 100) == ([], True)
    entries = read(tmp_path / "state" / "cortex" / "rotation" / "local" / "log.jsonl")
    assert [entry.outcome for entry in entries] == ["rotated", "rolled-back"]
    assert "very-secret" not in str(entries)
    assert stack.run("kubectl", "get", *SEED, "--output", "jsonpath={.data.seed}").stdout == "MQ=="
