"""Deployments of a part, or that fail in part, while something is removed: the next plain one ends right.

On a cluster whose pods are played: there is no verifier here.
"""

from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project
from tests.stacks.strategies import Settings

pytestmark = pytest.mark.live

MCP = "cortex-mcp"
BOTH = {"kubernetes-mcp-server", "time-mcp-server"}
UP = ("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
EXTRA = "made-by-hand"


@pytest.fixture
def project(played: Cluster, tmp_path: Path) -> Project:
    """The project with two servers deployed."""
    project = Project(played, tmp_path, ["drift"])
    project.up(servers(project))
    return project


def servers(project: Project) -> Settings:
    """Declare the servers of the committed stack, and nothing that needs a real node."""
    settings = project.declared()
    for part in ("verifier", "agent", "resourceManager", "kubeStateMetrics"):
        settings.pop(part, None)
    for server in settings["servers"].values():
        server["image"] = "registry.test/server:1"  # a played pod pulls none, and none is built
    return settings


def test_a_targeted_deployment_leaves_a_removal_to_the_next(project: Project) -> None:
    settings = servers(project)
    del settings["servers"]["kubernetes"]
    settings["servers"]["time"]["replicas"] = 1
    project.declare(settings)
    project.run(*UP, "--target", project.urn("Deployment", "time-mcp-server"))
    assert project.names("deployments", MCP) == BOTH
    assert project.live("deployment", "time-mcp-server", "--namespace", MCP)["spec"]["replicas"] == 1
    project.up(settings)
    assert project.names("deployments", MCP) == {"time-mcp-server"}


def test_a_deployment_that_goes_on_after_an_error_names_it_and_the_next_ends_right(project: Project) -> None:
    settings = servers(project)
    del settings["servers"]["kubernetes"]
    settings["configMaps"] = {EXTRA: {"namespace": MCP, "data": {"a": "1"}}}
    project.declare(settings)
    project.run("kubectl", "--namespace", MCP, "create", "configmap", EXTRA)
    said = project.refused(*UP, "--continue-on-error")
    assert f"{MCP}/{EXTRA}" in said
    project.run("kubectl", "--namespace", MCP, "delete", "configmap", EXTRA)
    del settings["configMaps"]
    project.up(settings)
    assert project.names("deployments", MCP) == {"time-mcp-server"}
