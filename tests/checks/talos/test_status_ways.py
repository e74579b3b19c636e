"""`cortex talos status` and the check `talos` by way of an MCP server, of talosctl, and of several ways."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from grpclib.const import Status

from checks.talos import talosctl
from tests.checks.cli.project import Project
from tests.checks.fake_api import FakeApi
from tests.checks.mcp.test_probe import running
from tests.checks.talos import standin_talosctl
from tests.checks.talos.simulated_node import SimulatedCluster
from tests.checks.talos.talos_servers import TalosServer, pypi, ry_ops
from tests.checks.talos.talos_world import become_talos
from tests.checks.talos.test_status import asked
from tests.checks.world import SETTINGS, World, declared

UNTOLD = {"read the etcd status", "read the diagnostics"}
"""What PyPI `talos-mcp-server` cannot say."""
Serve = Callable[[Callable[[Path], TalosServer]], Project]


@pytest.fixture
def serve(project: Project, api: FakeApi, talos: SimulatedCluster, tmp_path: Path) -> Iterator[Serve]:
    """Give a project whose stack has this talos MCP server, which asks the nodes; there is no talosconfig here."""
    config = tmp_path / "served"
    addresses = [node.address for node in talos.nodes.values() if node.control_plane]
    config.write_text(talos.talosconfig(endpoints=[f"{address}:{talos.port}" for address in addresses]))
    with ExitStack() as stack:

        def made(make: Callable[[Path], TalosServer]) -> Project:
            connection = stack.enter_context(running(make(config).app()))
            api.leads.update(dict.fromkeys(pods(api), connection.host))
            return project

        settings = {**SETTINGS, "cluster": {**SETTINGS["cluster"], "nodes": 4}, "talos": {"port": talos.port}}
        project.declare(settings)
        world = World(declared())
        become_talos(world, talos.nodes.values())
        api.world.__dict__.update(world.__dict__)
        yield made


def pods(api: FakeApi) -> list[str]:
    every = [pod["metadata"]["name"] for pod in api.world.objects["pods", "cortex-mcp"]]
    return [name for name in every if name.startswith("talos")]


def status(project: Project, code: int, *options: str) -> dict[str, Any]:
    out, _ = project.cortex("talos", "status", "test", "--format", "json", *options, code=code)
    report: dict[str, Any] = json.loads(out)
    return report


def test_without_a_talosconfig_the_mcp_server_says_what_it_can(serve: Serve, talos: SimulatedCluster) -> None:
    report = status(serve(pypi), 3)
    assert report["overall"] == "unknown"
    assert {(node["reachable"], *node["ways"], node["talos"]) for node in report["nodes"]} == {(True, "mcp", "v1.6.7")}
    assert report["etcd"] == {
        "members": ["cp-1", "cp-2", "cp-3"], "voters": 3, "working": 3, "unknown": 0, "needed": 2, "leader": None
    }  # fmt: skip
    assert [node["etcdAlarms"] for node in report["nodes"]] == [None] * 4
    assert [node["clockAheadSeconds"] for node in report["nodes"]] == [0.0] * 4
    whats = Counter(reason.partition(" of 127")[0] for reason in report["reasons"])
    assert whats == {"read the etcd status": 3, "read the diagnostics": 4}
    assert all("it has no tool for that; no talosconfig at " in reason for reason in report["reasons"])
    api, mcp = report["ways"]
    assert api["detail"].startswith("no talosconfig at ")
    assert (mcp["name"], mcp["detail"], mcp["lacks"][0]) == ("server talos", "", "read the etcd status")


def test_the_text_names_the_way(serve: Serve, talos: SimulatedCluster) -> None:
    out, _ = serve(pypi).cortex("talos", "status", "test", code=3)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "cp-1 127.0.0.11 control-plane answers mcp v1.6.7 v1.29.0 yes - - +0.00s" in lines
    assert "way mcp (server talos): used; it cannot read the etcd status, read the diagnostics, read the system " in out


def test_faults_are_found_over_the_mcp_server(serve: Serve, talos: SimulatedCluster) -> None:
    talos.nodes["127.0.0.11"].alarms = [("127.0.0.13", 1)]
    talos.nodes["127.0.0.21"].services["kubelet"] = ("Running", False, "refused")
    talos.stop("127.0.0.12")
    report = status(serve(pypi), 1)
    assert report["overall"] == "degraded"
    found = "\n".join(report["reasons"])
    assert "Node cp-2: the control-plane node does not answer on its Talos API at 127.0.0.12: " in found
    assert "Node cp-3: etcd has an alarm: NOSPACE" in found
    assert "Node worker-1: the service kubelet is Running, unhealthy: refused" in found


def test_a_lost_quorum_is_found_over_the_mcp_server(serve: Serve, talos: SimulatedCluster) -> None:
    for address in ("127.0.0.12", "127.0.0.13"):
        talos.stop(address)
    report = status(serve(ry_ops), 1)
    assert (report["overall"], report["etcd"]["working"]) == ("unhealthy", 1)


def test_the_check_uses_the_mcp_server(serve: Serve, talos: SimulatedCluster) -> None:
    talos.nodes["127.0.0.21"].services["kubelet"] = ("Running", False, "refused")
    out, _ = serve(pypi).cortex("verify", "test", "--only", "talos", "--format", "json", code=1)
    [result] = json.loads(out)["results"]
    assert [finding["code"] for finding in result["findings"]] == ["talos.service"]
    assert {unknown["what"].partition(" of ")[0] for unknown in result["unknowns"]} == UNTOLD


def test_with_a_talosconfig_the_mcp_server_is_not_asked(serve: Serve, talosconfig: Path) -> None:
    made = list[TalosServer]()

    def kept(config: Path) -> TalosServer:
        made.append(pypi(config))
        return made[0]

    report = asked(serve(kept), talosconfig, code=3)
    assert {tuple(node["ways"]) for node in report["nodes"]} == {("api",)}
    assert [(way["way"], way["name"]) for way in report["ways"]] == [("api", "context simulated")]
    assert made[0].calls == []


def test_an_expired_talosconfig_is_a_finding_although_the_mcp_server_answers(
    serve: Serve, tmp_path: Path, talos: SimulatedCluster
) -> None:
    expired = tmp_path / "expired"
    expired.write_text(talos.talosconfig(lives=timedelta(days=-2)))
    report = asked(serve(pypi), expired, code=3)
    assert {tuple(node["ways"]) for node in report["nodes"]} == {("mcp",)}
    codes = [finding["code"] for result in report["results"] for finding in result["findings"]]
    assert codes == ["talos.certificate"]


def test_a_server_that_does_not_answer_is_unknown(serve: Serve, api: FakeApi) -> None:
    project = serve(pypi)
    api.leads.clear()
    report = status(project, 3)
    assert {(node["reachable"], *node["ways"]) for node in report["nodes"]} == {(None,)}
    assert "no talosconfig at " in report["nodes"][0]["detail"]
    assert "; the MCP server talos: " in report["nodes"][0]["detail"]


@pytest.fixture
def program(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Put a program on PATH as talosctl; without a text, the stand-in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(talosctl, "SECONDS", 120.0)

    def put(text: str = "") -> None:
        if text:
            file.write_text(f"#!/bin/sh\n{text}\n")
        path = project.environment()["PATH"]
        monkeypatch.setenv("PATH", f"{folder}:{path}")

    with standin_talosctl.installed(folder) as file:
        yield put


def test_talosctl_is_used_where_the_talos_api_cannot_be(
    on_talos: Project, talosconfig: Path, program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    program("")
    monkeypatch.setattr("checks.talos.collect.missing", lambda: "the package 'grpclib' is not installed")
    report = asked(on_talos, talosconfig, code=0)
    assert {tuple(node["ways"]) for node in report["nodes"]} == {("talosctl",)}
    assert report["ways"][0]["detail"] == "the package 'grpclib' is not installed"


@pytest.mark.parametrize("text", ["exit 1", "exit 0", "echo garbage"], ids=["fails", "nothing", "garbage"])
def test_a_talosctl_that_does_not_work_is_unknown(
    on_talos: Project, talosconfig: Path, program: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    program(text)
    monkeypatch.setattr("checks.talos.collect.missing", lambda: "the package 'grpclib' is not installed")
    report = asked(on_talos, talosconfig, code=3)
    assert {node["reachable"] for node in report["nodes"]} == {None}


def test_a_missing_talosctl_is_named_where_it_could_help(
    on_talos: Project, talosconfig: Path, talos: SimulatedCluster
) -> None:
    talos.nodes["127.0.0.12"].refused = {"EtcdAlarmList": Status.UNIMPLEMENTED}
    report = asked(on_talos, talosconfig, code=3)
    [reason] = report["reasons"]
    assert reason.endswith("; talosctl is not on PATH")
