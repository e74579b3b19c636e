"""A healthy cluster passes every check; what cannot be read is unknown."""

import pytest

from checks.kube.reading import ReadFailure, Reason
from checks.results.conclusion import OK, UNKNOWN, exit_code
from checks.results.result import Severity, Status
from checks.snapshot.snapshot import Snapshot
from checks.verification.checks import checks
from checks.verification.verify import run
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def test_healthy_cluster_is_ok(world: World) -> None:
    results = world.results()
    assert [result.name for result in results] == [
        "connection",
        "namespaces",
        "servers",
        "health",
        "mcp",
        "exposure",
        "metrics",
        "usage",
        "talos",
        "rbac",
        "network",
        "secrets",
        "config",
        "objects",
        "declaration",
    ]
    assert [result.status for result in results] == [Status.PASS] * len(results)
    assert all(result.passed for result in results)
    assert exit_code(results, Severity.WARNING) == OK


@pytest.mark.parametrize(
    ("kind", "namespace"),
    [
        ("nodes", ""),
        ("namespaces", ""),
        ("pods", "kube-system"),
        ("pods", "cortex-mcp"),
        ("deployments", "cortex-mcp"),
        ("services", "cortex-mcp"),
        ("resourcequotas", "cortex-system"),
        ("limitranges", "cortex-system"),
        ("configmaps", "cortex-system"),
    ],
)
def test_what_cannot_be_read_is_unknown(world: World, kind: str, namespace: str) -> None:
    world.deny(kind, namespace)
    results = world.results()
    assert world.codes() == []
    assert {unknown.what for result in results for unknown in result.unknowns} == {f"list {kind} in {namespace}"}
    assert exit_code(results, Severity.ERROR) == UNKNOWN


def test_unreachable_cluster_leaves_every_check_unknown() -> None:
    # Without a verifier nobody would try the NetworkPolicies, whatever can be read.
    metrics = {"namespace": "cortex-mcp"}
    world = World(declared(verifier={"image": "registry.test/cortex:1"}, kubeStateMetrics=metrics))
    why = ReadFailure("read /version", Reason.UNREACHABLE, "refused")
    results = run(checks(), world.declaration, Snapshot(why))
    assert [result.status for result in results] == [Status.UNKNOWN] * len(checks())
    assert exit_code(results, Severity.ERROR) == UNKNOWN
