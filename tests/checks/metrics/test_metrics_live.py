"""`cortex metrics` and `cortex usage` against the deployed stack tell what kubectl tells."""

import json
import sys
import time
from typing import Any, cast

import pytest

from tests.conftest import Cluster

pytestmark = pytest.mark.live

Json = dict[str, Any]


def show(stack: Cluster, command: str, *, check: bool = True) -> Json:
    shown = stack.run(sys.executable, "-m", "checks.cli.main", command, "local", "--format", "json", check=check)
    document: Json = json.loads(shown.stdout)
    return document


def test_figures_are_those_of_the_cluster(stack: Cluster) -> None:
    report = show(stack, "metrics")
    nodes: Json = json.loads(stack.run("kubectl", "get", "nodes", "-o", "json").stdout)
    deployments: Json = json.loads(stack.run("kubectl", "get", "deployments", "-A", "-o", "json").stdout)
    assert report["figures"]["nodes"] == report["figures"]["nodesReady"] == len(nodes["items"])
    assert report["figures"]["deployments"] == len(deployments["items"])
    assert report["figures"]["replicas"] == sum(one["spec"]["replicas"] for one in deployments["items"])
    assert [result["unknowns"] for result in report["results"]] == [[]]


def test_usage_is_what_the_quota_controller_counted(stack: Cluster) -> None:
    end = time.monotonic() + 60
    # Pods that come and go between the two looks are counted by one of them alone, and what measures them may be away.
    while not (used(seen := show(stack, "usage", check=False)) == counted(stack) and measured(seen)):
        assert time.monotonic() < end, seen
        time.sleep(0.5)
    assert seen["liveAvailable"]
    assert seen["exitCode"] == 0


def used(report: Json) -> dict[str, tuple[str, str]]:
    return {use["resource"]: (use["used"], use["hard"]) for use in mcp(report)["quotas"]}


def measured(report: Json) -> bool:
    live = mcp(report)["live"]
    return live is not None and live["memoryBytes"] > 0


def counted(stack: Cluster) -> dict[str, tuple[str, str]]:
    quota: Json = json.loads(stack.run("kubectl", "-n", "cortex-mcp", "get", "quota", "-o", "json").stdout)
    status = quota["items"][0]["status"]
    return {resource: (status["used"][resource], hard) for resource, hard in status["hard"].items()}


def mcp(report: Json) -> Json:
    (mine,) = [space for space in report["namespaces"] if space["name"] == "cortex-mcp"]
    return cast("Json", mine)
