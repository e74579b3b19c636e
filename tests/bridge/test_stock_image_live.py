"""Servers that speak stdio, from images without the bridge: back after each end; rules are added, changed, removed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.waiting import wait_until
from tests.checks import in_process
from tests.checks.in_process import Done
from tests.conftest import Cluster
from tests.stacks.changing import UP, Project
from tests.stacks.strategies import Settings

pytestmark = pytest.mark.live

BRIDGED = {
    "bridge": "cortex.local/cortex",
    "transport": "stdio",
    "replicas": 1,
    "clients": [{"namespace": "cortex-system"}],
    "terminationGracePeriodSeconds": 1,
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
}
"""A script in an image with a shell. The command replaces the bridge that this image has, too."""
TOKEN = {
    "authorization": {"bearer": {"secret": "clock-token", "key": "token"}},
    "bridgeRules": {"denyTools": ["convert_*"], "requireToken": True},
}
TOKENS = {"clock-token": {"namespace": "cortex-mcp", "keys": {"token": {"literal": "only-for-the-test"}}}}
CONVERTS = {
    "capabilities": {"time": ["convert_time"]},
    "smoke": {
        "tool": "convert_time",
        "arguments": {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Europe/London"},
    },
    "bridgeRules": {"allowTools": ["convert_*"]},
}
KILL_SERVER = "kill -9 $(cat /proc/1/task/*/children)"
ASK = """
import urllib.error, urllib.request
try:
    urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8080/mcp", method="PUT"))
except urllib.error.HTTPError as error:
    print(error.code)
"""
"""A request without a token, which is refused in any case: with 401 for the token, with 405 for its method."""
IN_CLOCK = ("--namespace", "cortex-mcp", "deployment/clock-mcp-server")
UNKNOWN = 3
"""Exit code of a verification without findings, some of whose questions had no answer."""


@pytest.fixture
def project(stack: Cluster, tmp_path: Path) -> Iterator[Project]:
    project = Project(stack, tmp_path)
    yield project
    project.restore()


def deploy(project: Project, servers: Settings, secrets: Settings) -> None:
    """Deploy these servers without the parts that are not the subject here."""
    settings = project.declared()
    # The agent and the verifier follow the declaration, so that each change would start them anew.
    for other in ("agent", "verifier", "kubeStateMetrics"):
        del settings[other]
    project.declare({**settings, "servers": servers, "secrets": secrets})
    project.run(*UP)


def cortex(project: Project, *arguments: str) -> Done:
    return in_process.run(arguments, project.there.root, project.there.env)


def is_answered(project: Project) -> bool:
    """Check that nothing is other than declared, and return whether all questions were answered in time."""
    done = cortex(project, "verify", "local", "--read-only")
    assert done.code in (0, UNKNOWN), done.out + done.err
    return done.code == 0


def tools(project: Project, server: str) -> set[str]:
    """Return the tools that a server offers to a client with its token, as soon as it can be asked."""
    last = Done(UNKNOWN, "", "")

    def is_told() -> bool:
        nonlocal last
        last = cortex(project, "mcp", "tools", "local", server, "--format", "json")
        return last.code == 0

    assert wait_until(is_told, 90), last.out + last.err
    return {tool["name"] for tool in json.loads(last.out)["tools"]}


def without_token(project: Project) -> str:
    """Return the status with which the clock answers a request without a token."""
    return project.run("kubectl", "exec", *IN_CLOCK, "-c", "bridge", "--", "python3", "-c", ASK).strip()


def restarts(project: Project) -> dict[str, tuple[int, bool]]:
    """Return how often each container of the clock was restarted, and whether it is ready."""
    [pod] = project.live("pods", "--namespace", "cortex-mcp", "-l", "mcp.cortex.dev/type=clock")["items"]
    return {one["name"]: (one["restartCount"], one["ready"]) for one in pod["status"]["containerStatuses"]}


def test_servers_from_stock_images_come_back(project: Project) -> None:
    narrowed = {**CLOCK, "bridgeRules": {"allowTools": ["get_*"]}}
    deploy(project, {"static": STATIC, "clock": {**CLOCK, **TOKEN}, "other": narrowed}, TOKENS)
    assert without_token(project) == "401"

    project.run("kubectl", "exec", *IN_CLOCK, "-c", "clock-mcp-server", "--", "sh", "-c", KILL_SERVER)
    ended = "launch: the server ended: killed"
    assert wait_until(lambda: ended in project.run("kubectl", "logs", *IN_CLOCK, "-c", "clock-mcp-server"), 30)
    assert tools(project, "clock") == {"get_current_time"}
    assert wait_until(lambda: restarts(project) == {"bridge": (0, True), "clock-mcp-server": (0, True)}, 60, pause=0.5)

    project.run("kubectl", "exec", *IN_CLOCK, "-c", "bridge", "--", "sh", "-c", "kill 1")
    back = {"bridge": (1, True), "clock-mcp-server": (0, True)}
    assert wait_until(lambda: restarts(project) == back, 90, pause=0.5)
    assert wait_until(lambda: is_answered(project), 90)

    # One deployment adds the rules of a server, changes another's and removes those of the third.
    denied = {**STATIC, "bridgeRules": {"denyTools": ["pods_log"]}}
    deploy(project, {"static": denied, "clock": {**CLOCK, **CONVERTS}, "other": CLOCK}, {})
    assert wait_until(lambda: is_answered(project), 90)
    assert "pods_list" in (served := tools(project, "static"))
    assert "pods_log" not in served
    assert tools(project, "clock") == {"convert_time"}
    assert without_token(project) == "405"
    assert tools(project, "other") == {"get_current_time", "convert_time"}
