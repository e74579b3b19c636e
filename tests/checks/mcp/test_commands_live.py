"""`cortex mcp` on the servers of stack `local`: asked, called, locked; a lock is deployed, broken and removed again."""

import json
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project

pytestmark = pytest.mark.live


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Project:
    return Project(stack, tmp_path, ("verify", "--read-only"))


def test_every_pod_answers_and_a_tool_is_called(project: Project) -> None:
    pinged = project.cortex("mcp", "ping", "local", "time", "--format", "json")
    pods = json.loads(pinged.stdout)["pods"]
    assert [pod["outcome"] for pod in pods] == ["answered", "answered"]
    assert "convert_time" in project.cortex("mcp", "tools", "local", "time").stdout
    arguments = json.dumps({"timezone": "Asia/Tokyo"})
    called = project.cortex("mcp", "call", "local", "time", "get_current_time", "--arguments", arguments)
    assert json.loads(called.stdout)["datetime"].endswith("+09:00")


def test_a_lock_is_deployed_and_finds_a_change(project: Project, tmp_path: Path) -> None:
    settings = project.declared()
    locked = {**settings, "toolLock": "mcp-tools.local.yaml"}
    project.declare(locked)
    written = project.cortex("mcp", "lock", "local")
    assert "time: 2 tools" in written.stdout, written.stderr
    project.up(locked)
    assert "time: 2 tools, as before" in project.cortex("mcp", "lock", "local", "time").stdout
    file = tmp_path / "mcp-tools.local.yaml"
    file.write_text(file.read_text().replace("Get current time", "Get the current time"))
    verified = project.cortex("verify", "local", "--only", "mcp")
    assert verified.returncode == 1
    assert "mcp.tool-changed  the description of the tool 'get_current_time' is not as locked" in verified.stdout
    project.up(settings)
