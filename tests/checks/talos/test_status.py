"""The command `cortex talos status`, against simulated nodes and an API server."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checks.cli.project import Project
from tests.checks.drifts import waiting
from tests.checks.fake_api import FakeApi, status
from tests.checks.reports import validate
from tests.checks.talos.simulated_node import SimulatedCluster
from tests.checks.talos.talos_world import become_talos
from tests.checks.world import SETTINGS, World, declared

SCHEMA = "cortex.dev/talos-status/v1"


def asked(project: Project, talosconfig: Path, code: int) -> dict[str, Any]:
    out, _ = project.cortex("talos", "status", "test", "--talosconfig", str(talosconfig), "--format", "json", code=code)
    report: dict[str, Any] = json.loads(out)
    validate(report, SCHEMA)
    return report


def test_healthy_cluster_is_healthy(on_talos: Project, talosconfig: Path) -> None:
    report = asked(on_talos, talosconfig, code=0)
    assert (report["overall"], report["reasons"], report["exitCode"]) == ("healthy", [], 0)
    assert [node["name"] for node in report["nodes"]] == ["cp-1", "cp-2", "cp-3", "worker-1"]
    assert {node["reachable"] for node in report["nodes"]} == {True}
    assert [node["etcdLeader"] for node in report["nodes"]] == [True, False, False, None]
    assert report["etcd"] == {
        "members": ["cp-1", "cp-2", "cp-3"], "voters": 3, "working": 3, "unknown": 0, "needed": 2, "leader": "cp-1"
    }  # fmt: skip


def test_one_lost_control_plane_node_is_degraded(on_talos: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    talos.stop("127.0.0.12")
    report = asked(on_talos, talosconfig, code=1)
    assert report["overall"] == "degraded"
    [reason] = report["reasons"]
    assert reason.startswith("Node cp-2: the control-plane node does not answer on its Talos API at 127.0.0.12: ")
    assert [node["reachable"] for node in report["nodes"]] == [True, False, True, True]
    assert (report["etcd"]["working"], report["etcd"]["needed"]) == (2, 2)


def test_lost_quorum_is_unhealthy(on_talos: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    for address in ("127.0.0.12", "127.0.0.13"):
        talos.stop(address)
    report = asked(on_talos, talosconfig, code=1)
    assert report["overall"] == "unhealthy"
    assert report["reasons"][0] == "Cluster test: etcd has lost its quorum: 1 of 3 members work, 2 are needed"


def test_without_the_kubernetes_api_talos_is_asked_all_the_same(
    on_talos: Project, talosconfig: Path, talos: SimulatedCluster, api: FakeApi
) -> None:
    for address in ("127.0.0.12", "127.0.0.13"):
        talos.stop(address)
    api.faults["/version"] = [status(401, "no")]
    report = asked(on_talos, talosconfig, code=1)
    assert report["overall"] == "unhealthy"
    assert [(node["name"], node["reachable"]) for node in report["nodes"]] == [
        ("127.0.0.11", True), ("127.0.0.12", False), ("127.0.0.13", False)
    ]  # fmt: skip


def test_missing_talosconfig_is_unknown_and_says_what_is_missing(on_talos: Project) -> None:
    out, _ = on_talos.cortex("talos", "status", "test", code=3)
    assert f"no talosconfig at {on_talos.folder}/.talos/config: choose one with --talosconfig or TALOSCONFIG" in out
    assert "\nunknown\n" in out


@pytest.mark.parametrize("text", ["", "{", "contexts: {}"])
def test_wrong_talosconfig_that_was_named_is_bad_usage(on_talos: Project, tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong").write_text(text)
    _, err = on_talos.cortex("talos", "status", "test", "--talosconfig", str(tmp_path / "wrong"), code=2)
    assert err.startswith("cortex: the talosconfig ")


def test_text_names_every_node_and_the_status(on_talos: Project, talosconfig: Path, talos: SimulatedCluster) -> None:
    talos.nodes["127.0.0.21"].services["kubelet"] = ("Running", False, "refused")
    talos.stop("127.0.0.13")
    out, err = on_talos.cortex("talos", "status", "test", "--talosconfig", str(talosconfig), code=1)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "cp-1 127.0.0.11 control-plane answers api v1.6.7 v1.29.0 yes leader 64Mi +0.00s" in lines
    assert "cp-3 127.0.0.13 control-plane lost - - v1.29.0 yes - - -" in lines
    assert "worker-1 127.0.0.21 worker not healthy: kubelet api v1.6.7 v1.29.0 yes - - +0.00s" in lines
    assert "etcd: 2 of 3 members work, 2 are needed, leader cp-1" in lines
    assert "degraded" in lines
    assert "Node worker-1: the service kubelet is Running, unhealthy: refused" in lines
    assert err == ""


def test_nodes_that_are_not_ready_and_coredns_are_reasons(on_talos: Project, talosconfig: Path, api: FakeApi) -> None:
    api.world.one("nodes", "", "worker-1")["status"]["conditions"][0]["status"] = "False"
    api.world.one("pods", "kube-system", "coredns-1")["status"]["conditions"][0]["status"] = "False"
    report = asked(on_talos, talosconfig, code=1)
    assert report["overall"] == "degraded"
    assert report["reasons"] == ["Node worker-1: the node is not ready", "CoreDNS: no pod is ready"]
    assert report["nodes"][3]["conditions"] == ["Ready=False"]


def test_what_another_check_explains_is_not_healthy(on_talos: Project, talosconfig: Path, api: FakeApi) -> None:
    api.world.remove("resourcequotas", "cortex-mcp")
    report = asked(on_talos, talosconfig, code=3)
    assert report["overall"] == "unknown"
    assert report["reasons"] == ["assertions were skipped because something else is wrong: `cortex verify` says what"]


def test_mcp_pods_that_are_not_healthy_are_degraded(
    on_talos: Project, talosconfig: Path, talos: SimulatedCluster, api: FakeApi
) -> None:
    settings = {**SETTINGS, "cluster": {**SETTINGS["cluster"], "nodes": 4}, "talos": {"port": talos.port}}
    on_talos.declare(settings)
    world = World(declared())
    become_talos(world, talos.nodes.values())
    api.world.__dict__.update(world.__dict__)
    waiting(api.world)
    report = asked(on_talos, talosconfig, code=1)
    assert report["overall"] == "degraded"
    assert "Deployment cortex-mcp/time-mcp-server" in {reason.partition(":")[0] for reason in report["reasons"]}
    healthy = {pods["name"]: (pods["replicas"], pods["healthy"]) for pods in report["workloads"]}
    assert healthy["talos-mcp-server"] == (2, 2)
    assert healthy["time-mcp-server"] == (2, 1)


def test_each_list_is_read_once(on_talos: Project, talosconfig: Path, api: FakeApi) -> None:
    asked(on_talos, talosconfig, code=0)
    assert api.requests["/api/v1/nodes"] == 1
