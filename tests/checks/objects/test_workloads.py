"""Each drift of a workload that is not an MCP server gives exactly its finding."""

import pytest

from checks.kube.reading import Reason
from tests.checks.drifts import Break, assert_found, edited, meta, set_in
from tests.checks.world import SETTINGS, World, declared

DB = {"image": "registry.test/db:1", "port": 5432, "clients": [{"server": "time"}], "controller": "StatefulSet"}
GATE = {"image": "registry.test/gate:1", "port": 80, "autoscaling": {"minReplicas": 1, "maxReplicas": 2}}
WORKLOADS = {"db": DB, "gate": GATE, "worker": {"image": "registry.test/worker:1"}}
SET = "statefulsets", "cortex-mcp", "db"
GATE_DEPLOYMENT = "deployments", "cortex-mcp", "gate"
POD = "pods", "cortex-mcp", "gate"
ACCOUNT = "serviceaccounts", "cortex-mcp", "gate"
SERVICE = "services", "cortex-mcp", "db"


@pytest.fixture
def world() -> World:
    return World(declared(workloads=WORKLOADS))


def test_healthy_workloads_are_as_declared(world: World) -> None:
    assert world.codes() == []


def scaled(world: World) -> None:
    """Run three pods, as an autoscaler of somebody else would."""
    deployment, pod = world.one(*GATE_DEPLOYMENT), world.one(*POD)
    deployment["spec"]["replicas"] = 3
    deployment["status"] |= dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 3)
    for number in range(2):
        world.add("pods", "cortex-mcp", {**pod, "metadata": {**pod["metadata"], "name": f"gate-more-{number}"}})


def another_image(world: World) -> None:
    world.one(*POD)["spec"] = {"containers": [{"name": "gate", "image": "other:1"}]}


def unavailable(world: World) -> None:
    world.one(*GATE_DEPLOYMENT)["status"]["availableReplicas"] = 0
    world.one(*POD)["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


DRIFTS: list[tuple[str, str, Break]] = [
    ("object.missing", "StatefulSet cortex-mcp/db", lambda world: world.remove(*SET)),
    ("object.missing", "Service cortex-mcp/db", lambda world: world.remove(*SERVICE)),
    ("object.field", "StatefulSet cortex-mcp/db", set_in(*SET, "spec/template/spec/containers/0/image", "other:1")),
    ("object.field", "Service cortex-mcp/db", set_in(*SERVICE, "spec/ports/0/port", 9)),
    ("object.label", "Service cortex-mcp/db", meta(*SERVICE, "labels", {"app": "other"})),
    ("object.foreign-pod-field", "StatefulSet cortex-mcp/db", edited(*SET, "spec/template/spec/hostAliases")),
    (
        "network.policy",
        "NetworkPolicy cortex-mcp/db",
        set_in("networkpolicies", "cortex-mcp", "db", "spec/ingress", [{}]),
    ),
    (
        "rbac.token",
        "ServiceAccount cortex-mcp/gate",
        lambda world: world.one(*ACCOUNT).update(automountServiceAccountToken=True),
    ),
    ("workload.replicas", "Deployment cortex-mcp/gate", scaled),
    ("workload.pods", "Deployment cortex-mcp/gate", meta(*POD, "labels", {"cortex.dev/workload": "other"})),
    ("workload.image", "Pod cortex-mcp/gate-5d-0", another_image),
    ("deployment.unavailable", "Deployment cortex-mcp/gate", unavailable),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


def test_pods_that_cannot_be_listed_are_unknown(world: World) -> None:
    world.deny("pods", "cortex-mcp", Reason.FORBIDDEN)
    (result,) = [result for result in world.results() if result.name == "objects"]
    assert [unknown.what for unknown in result.unknowns] == ["list pods in cortex-mcp"]


def test_removed_namespace_is_one_finding() -> None:
    elsewhere = {**DB, "namespace": "data", "clients": []}
    spaces = {**SETTINGS["namespaces"], "data": {"component": "data", "description": "Data"}}
    world = World(declared(namespaces=spaces, workloads={"db": elsewhere}))
    world.remove("namespaces", "", "data")
    for key in [key for key in world.objects if key[1] == "data"]:
        world.objects[key] = []
    assert world.codes() == ["namespace.missing", "rbac.denied"]
