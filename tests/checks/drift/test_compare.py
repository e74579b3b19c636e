"""Comparison of manifests with live objects: omitted zeros, and missing managedFields."""

import pytest

from checks.results.conclusion import UNKNOWN, exit_code
from checks.results.result import Severity
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def test_zero_that_kubernetes_leaves_out_is_no_drift(world: World) -> None:
    assert world.container("time")["startupProbe"].pop("initialDelaySeconds") == 0
    assert world.codes() == []


def test_objects_that_do_not_say_who_wrote_them_are_unknown_once_a_kind(world: World) -> None:
    for service in world.every("services"):
        del service["metadata"]["managedFields"]
    unknowns = [unknown.what for result in world.results() for unknown in result.unknowns]
    assert unknowns == ["look for undeclared fields of Service objects"]
    assert (world.codes(), exit_code(world.results(), Severity.ERROR)) == ([], UNKNOWN)


@pytest.mark.parametrize(
    ("containers", "name", "change", "path"),
    [
        ("containers", "bridge", {"args": []}, "containers[bridge].args"),
        ("containers", "bridge", {"env": [{"name": "A", "value": "b"}]}, "containers[bridge].env"),
        ("initContainers", "launch", {"image": "registry.test/other:1"}, "initContainers[launch].image"),
        ("initContainers", "launch", {"env": [{"name": "A", "value": "b"}]}, "initContainers[launch].env"),
    ],
)
def test_the_containers_of_a_bridge_are_compared(
    containers: str, name: str, change: dict[str, object], path: str
) -> None:
    server = {"image": "registry.test/server:1", "version": "1", "transport": "stdio", "capabilities": {"demo": []}}
    bridged = {**server, "bridge": "registry.test/bridge:1", "command": ["server"], "namespace": "cortex-mcp"}
    world = World(declared(servers={"demo": bridged}))
    assert world.codes() == []
    pod = world.one("deployments", "cortex-mcp", "demo")["spec"]["template"]["spec"]
    next(one for one in pod[containers] if one["name"] == name).update(change)
    [finding] = world.findings()
    assert path in finding.message


def test_a_probe_by_mcp_is_compared() -> None:
    server = {"image": "registry.test/server:1", "version": "1", "transport": "http", "capabilities": {"demo": []}}
    probes = {"tcpSocket": {}, "readiness": {"mcp": {"image": "registry.test/cortex:1"}}}
    world = World(declared(servers={"demo": {**server, "probes": probes, "namespace": "cortex-mcp"}}))
    assert world.codes() == []
    world.container("demo")["readinessProbe"]["exec"]["command"] = ["true"]
    pod = world.one("deployments", "cortex-mcp", "demo")["spec"]["template"]["spec"]
    pod["initContainers"][0]["image"] = "registry.test/other:1"
    found = {finding.code: finding.message for finding in world.findings()}
    assert "readinessProbe.exec.command" in found["server.probe"]
    assert "initContainers[launch].image" in found["server.spec"]
