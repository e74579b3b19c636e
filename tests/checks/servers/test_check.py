"""Each drift of MCP servers gives exactly its finding."""

import json

import pytest

from checks.mcp.answer import Answer, Outcome
from stacks.model import names
from tests.checks.drifts import (
    POD,
    SERVICE,
    TEMPLATE,
    TIME,
    Break,
    assert_found,
    codes_of,
    drop,
    meta,
    set_in,
    status,
    waiting,
)
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def scaled_to_nothing(world: World) -> None:
    world.one("deployments", "cortex-mcp", "time")["spec"]["replicas"] = 0
    status(world, replicas=0, updatedReplicas=0, availableReplicas=0)
    world.remove("pods", "cortex-mcp", "time")
    world.remove("pods", "cortex-mcp", "time")
    world.mcp["time"] = Answer(Outcome.UNREACHABLE, "no endpoints available")


def no_service(world: World) -> None:
    world.remove("services", "cortex-mcp", "time")
    world.mcp["time"] = Answer(Outcome.UNREACHABLE, "not found")


def no_deployment(world: World) -> None:
    world.remove("deployments", "cortex-mcp", "time")
    world.remove("pods", "cortex-mcp", "time")
    world.remove("pods", "cortex-mcp", "time")
    world.mcp["time"] = Answer(Outcome.UNREACHABLE, "no endpoints available")


def undeclared_pod(world: World) -> None:
    pod = world.one("pods", "cortex-mcp", "time")
    labels = {names.APP: names.MCP_SERVER_APP, names.TYPE: "rogue"}
    world.add("pods", "cortex-system", {**pod, "metadata": {"name": "rogue", "labels": labels}})


def another_image(world: World) -> None:
    world.one(*POD)["spec"] = {"containers": [{"name": "time-mcp-server", "image": "evil:1"}]}


def second_pod(world: World) -> None:
    pod = world.one("pods", "cortex-mcp", "time")
    world.add("pods", "cortex-mcp", {**pod, "metadata": {**pod["metadata"], "name": "twin"}})


def second_deployment(world: World) -> None:
    """Run another Deployment with a declared server's labels beside it; its pods do not run yet."""
    twin = json.loads(json.dumps(world.one(*TIME)))
    twin["metadata"]["name"] = "shadow"
    twin["spec"]["replicas"] = 0
    world.add("deployments", "cortex-mcp", twin)


DRIFTS: list[tuple[str, str, Break]] = [
    ("server.missing", "Deployment cortex-mcp/time-mcp-server", no_deployment),
    ("server.undeclared", "Pod cortex-system/rogue", undeclared_pod),
    ("server.undeclared", "Deployment cortex-mcp/shadow", second_deployment),
    ("server.replicas", "Deployment cortex-mcp/time-mcp-server", scaled_to_nothing),
    ("server.image", "Deployment cortex-mcp/time-mcp-server", set_in(*TIME, f"{TEMPLATE}/image", "evil:1")),
    ("server.image", "Pod cortex-mcp/time-mcp-server-5d-0", another_image),
    ("server.label", "Deployment cortex-mcp/time-mcp-server", meta(*TIME, "labels", {names.VERSION: "9"})),
    ("server.label", "Pod cortex-mcp/time-mcp-server-5d-0", meta(*POD, "labels", {names.VERSION: "9"})),
    ("server.annotation", "Pod cortex-mcp/time-mcp-server-5d-0", meta(*POD, "annotations", {names.ENDPOINT: None})),
    ("server.probe", "Deployment cortex-mcp/time-mcp-server", lambda w: w.container("time").pop("livenessProbe")),
    (
        "server.probe",
        "Deployment cortex-mcp/time-mcp-server",
        set_in(*TIME, f"{TEMPLATE}/readinessProbe/periodSeconds", 99),
    ),
    (
        "server.probe",
        "Deployment cortex-mcp/time-mcp-server",
        set_in(*TIME, f"{TEMPLATE}/startupProbe/httpGet/port", 81),
    ),
    ("server.rollout", "Deployment cortex-mcp/time-mcp-server", lambda w: status(w, observedGeneration=0)),
    ("server.rollout", "Deployment cortex-mcp/time-mcp-server", lambda w: status(w, updatedReplicas=1)),
    ("server.unavailable", "Deployment cortex-mcp/time-mcp-server", waiting),
    ("server.pods", "Deployment cortex-mcp/time-mcp-server", second_pod),
    ("service.missing", "Service cortex-mcp/time-mcp-server", no_service),
    ("service.port", "Service cortex-mcp/time-mcp-server", set_in(*SERVICE, "spec/ports/0/port", 9)),
    ("service.selector", "Service cortex-mcp/time-mcp-server", set_in(*SERVICE, "spec/selector", {"app": "x"})),
    *(
        ("server.spec", "Deployment cortex-mcp/time-mcp-server", drop(*TIME, path))
        for path in (
            "spec/template/spec/automountServiceAccountToken",
            "spec/template/spec/enableServiceLinks",
            f"{TEMPLATE}/securityContext/allowPrivilegeEscalation",
            "spec/strategy/rollingUpdate/maxUnavailable",
        )
    ),
    (
        "server.spec",
        "Deployment cortex-mcp/time-mcp-server",
        set_in(*TIME, f"{TEMPLATE}/securityContext/privileged", 1),
    ),
    (
        "server.spec",
        "Deployment cortex-mcp/time-mcp-server",
        set_in(*TIME, "spec/template/spec/securityContext/supplementalGroups", [0]),
    ),
    (
        "server.spec",
        "Deployment cortex-mcp/time-mcp-server",
        set_in(*TIME, "spec/template/spec/volumes/0/emptyDir/medium", "Memory"),
    ),
    ("server.spec", "Deployment cortex-mcp/time-mcp-server", set_in(*TIME, f"{TEMPLATE}/args", ["--debug"])),
    ("server.spec", "Deployment cortex-mcp/time-mcp-server", lambda w: w.container("time").pop("securityContext")),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("servers")


def test_pod_on_its_way_out_counts_as_nothing(world: World) -> None:
    pod = world.one("pods", "cortex-mcp", "time")
    leaving = {**pod["metadata"], "name": "leaving", "deletionTimestamp": "2026-01-01T00:00:00Z"}
    world.add("pods", "cortex-mcp", {**pod, "metadata": leaving})
    assert world.codes() == []


def test_changed_image_is_found_though_its_pod_never_gets_ready(world: World) -> None:
    another_image(world)
    status(world, availableReplicas=1)
    assert sorted(world.codes()) == ["server.image", "server.unavailable"]


def test_image_of_an_older_revision_is_no_drift(world: World) -> None:
    another_image(world)
    status(world, updatedReplicas=1)
    assert world.codes() == ["server.rollout"]


def test_server_declared_off_need_not_answer() -> None:
    world = World(declared(servers={"time": {**declared().servers["time"].model_dump(), "replicas": 0}}))
    status(world, replicas=0, updatedReplicas=0, availableReplicas=0)
    world.mcp["time"] = Answer(Outcome.UNREACHABLE)
    assert world.codes() == []


def autoscaled(replicas: int) -> World:
    """Give a cluster whose autoscaler chose this number of replicas, from 2 to 4."""
    scaling = {"autoscaling": {"minReplicas": 2, "maxReplicas": 4}}
    world = World(declared(servers={"time": {**declared().servers["time"].model_dump(), **scaling}}))
    world.one("deployments", "cortex-mcp", "time")["spec"]["replicas"] = replicas
    status(world, replicas=replicas, updatedReplicas=replicas, availableReplicas=replicas)
    pods = world.objects["pods", "cortex-mcp"]
    pods[:] = [{**pods[0], "metadata": {**pods[0]["metadata"], "name": f"time-{n}"}} for n in range(replicas)]
    return world


@pytest.mark.parametrize("replicas", [2, 3, 4])
def test_autoscaler_may_choose_within_its_bounds(replicas: int) -> None:
    assert autoscaled(replicas).codes() == []


def test_autoscaler_that_adds_pods_is_no_fault() -> None:
    world = autoscaled(3)
    status(world, availableReplicas=2)
    world.objects["pods", "cortex-mcp"][0]["status"] = {"phase": "Pending"}
    assert world.codes() == []
    # The quota leaves no room for the third: what has to be there is.
    status(world, replicas=2, updatedReplicas=2)
    assert world.codes() == []
    status(world, availableReplicas=1)
    assert world.codes() == ["server.unavailable"]


@pytest.mark.parametrize("replicas", [1, 5])
def test_replicas_outside_the_autoscalers_bounds_are_found(replicas: int) -> None:
    (finding,) = autoscaled(replicas).findings()
    assert (finding.code, finding.expected, finding.actual) == ("server.replicas", "2 to 4", replicas)
    assert finding.message == f"the Deployment has {replicas} replicas instead of 2 to 4"
