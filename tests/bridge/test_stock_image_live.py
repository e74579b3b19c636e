"""Servers that speak stdio, from images without the bridge: deployed, verified, and back after each of its ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.waiting import wait_until
from tests.conftest import Cluster
from tests.stacks.changing import Project

pytestmark = pytest.mark.live

BRIDGED = {
    "bridge": "cortex.local/cortex",
    "transport": "stdio",
    "replicas": 1,
    "clients": [{"namespace": "cortex-system"}],
}
STATIC = {
    **BRIDGED,
    "image": "cortex.local/kubernetes-mcp-server",
    "version": "0.0.67",
    "command": ["/kubernetes-mcp-server"],
    "args": ["--read-only", "--disable-multi-cluster"],
    "kubernetes": {"namespaces": ["cortex-mcp"]},
    "capabilities": {"kubernetes": ["pods_list"]},
}
"""A static program in an image without a shell."""
CLOCK = {
    **BRIDGED,
    "image": "cortex.local/mcp-server-time",
    "version": "2026.10.19",
    "command": ["/opt/server/run"],
    "capabilities": {"time": ["get_current_time"]},
    "smoke": {"tool": "get_current_time", "arguments": {"timezone": "Europe/London"}},
    "authorization": {"bearer": {"secret": "clock-token", "key": "token"}},
    "bridgeRules": {"denyTools": ["convert_*"], "requireToken": True},
}
TOKENS = {"clock-token": {"namespace": "cortex-mcp", "keys": {"token": {"literal": "only-for-the-test"}}}}
"""A script in an image with a shell. The command replaces the bridge that this image has, too."""
KILL_SERVER = "kill -9 $(cat /proc/1/task/*/children)"
IN_CLOCK = ("--namespace", "cortex-mcp", "deployment/clock-mcp-server")


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(stack, tmp_path)
    yield project
    project.restore()


def restarts(project: Project) -> dict[str, int]:
    [pod] = project.live("pods", "--namespace", "cortex-mcp", "-l", "mcp.cortex.dev/type=clock")["items"]
    return {one["name"]: one["restartCount"] for one in pod["status"]["containerStatuses"]}


def verified(stack: Cluster, folder: Path) -> bool:
    """Return whether everything is as declared, and the server answers its call."""
    here = Cluster(stack.name, stack.env, folder)
    return here.run("cortex", "verify", "local", "--read-only", check=False).returncode == 0


def test_servers_from_stock_images_come_back(stack: Cluster, project: Project, tmp_path: Path) -> None:
    settings = project.declared()
    # The agent follows the declaration, so that each change would start it anew.
    del settings["agent"]
    settings["servers"] |= {"static": STATIC, "clock": CLOCK}
    settings.setdefault("secrets", {}).update(TOKENS)
    project.up(settings)
    assert verified(stack, tmp_path)  # with the token; without one it is refused

    project.run("kubectl", "exec", *IN_CLOCK, "-c", "clock-mcp-server", "--", "sh", "-c", KILL_SERVER)
    ended = "launch: the server ended: killed"
    assert wait_until(lambda: ended in project.run("kubectl", "logs", *IN_CLOCK, "-c", "clock-mcp-server"), 30)
    assert wait_until(lambda: verified(stack, tmp_path), 60)
    assert restarts(project) == {"bridge": 0, "clock-mcp-server": 0}

    project.run("kubectl", "exec", *IN_CLOCK, "-c", "bridge", "--", "sh", "-c", "kill 1")
    assert wait_until(lambda: restarts(project)["bridge"] == 1, 30)
    assert wait_until(lambda: verified(stack, tmp_path), 60)
    assert restarts(project)["clock-mcp-server"] == 0
