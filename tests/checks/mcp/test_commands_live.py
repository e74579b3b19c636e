"""`cortex mcp` on the servers of stack `local`: asked, called, locked; a lock is deployed, broken and removed again."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from tests.conftest import Cluster
from tests.stacks.changing import Project

pytestmark = pytest.mark.live

ZONES = {"source_timezone": "UTC", "target_timezone": "Asia/Tokyo"}


def test_every_pod_answers_and_a_tool_is_called(stack: Cluster) -> None:
    pinged = stack.run("cortex", "mcp", "ping", "local", "time", "--format", "json")
    assert [pod["outcome"] for pod in json.loads(pinged.stdout)["pods"]] == ["answered", "answered"]
    assert "convert_time" in stack.run("cortex", "mcp", "tools", "local", "time").stdout
    arguments = json.dumps({"timezone": "Asia/Tokyo"})
    called = stack.run("cortex", "mcp", "call", "local", "time", "get_current_time", "--arguments", arguments)
    assert json.loads(called.stdout)["datetime"].endswith("+09:00")


def test_a_lock_is_deployed_and_finds_a_change(stack: Cluster, tmp_path: Path) -> None:
    project = Project(stack, tmp_path)
    settings = project.declared()
    locked = {**deepcopy(settings), "toolLock": "mcp-tools.local.yaml"}
    call = {"tool": "get_current_time", "arguments": {"timezone": "UTC"}}
    locked["servers"]["time"]["smoke"] = [call, {"tool": "convert_time", "arguments": {"time": "12:00", **ZONES}}]
    locked["servers"]["time"]["protocols"] = ["2025-06-18", "2025-11-25", "2026-07-28"]
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
