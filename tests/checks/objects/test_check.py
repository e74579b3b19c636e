"""Each drift of other objects, and undeclared ones gives exactly its finding."""

import pytest

from stacks.model import names
from tests.checks.drifts import (
    ACCOUNT,
    BUDGET,
    CONFIG,
    DELETED,
    QUOTA,
    SERVICE,
    TIME,
    Break,
    add,
    assert_found,
    codes_of,
    edited,
    meta,
    set_in,
)
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared())


def claimed(world: World) -> None:
    """Add an object of ours that has an owner, but no controller."""
    metadata = {"name": "claimed", "labels": {names.COMPONENT: "x"}, "ownerReferences": [{"kind": "Job", "name": "j"}]}
    world.add("serviceaccounts", "cortex-mcp", {"metadata": metadata})


DRIFTS: list[tuple[str, str, Break]] = [
    ("object.label", "ConfigMap cortex-mcp/shared", meta(*CONFIG, "labels", {names.COMPONENT: None})),
    ("object.missing", "PodDisruptionBudget cortex-mcp/time-mcp-server", lambda w: w.remove(*BUDGET)),
    ("object.field", "PodDisruptionBudget cortex-mcp/time-mcp-server", set_in(*BUDGET, "spec/maxUnavailable", 9)),
    (
        "object.undeclared",
        "ConfigMap cortex-mcp/stray",
        add("configmaps", "stray"),
    ),
    *(
        ("object.undeclared", f"{kind} cortex-mcp/stray", add(plural, "stray"))
        for kind, plural in (
            ("DaemonSet", "daemonsets"),
            ("Ingress", "ingresses"),
            ("PersistentVolumeClaim", "persistentvolumeclaims"),
            ("ReplicaSet", "replicasets"),
            ("StatefulSet", "statefulsets"),
        )
    ),
    ("object.undeclared", "Pod cortex-mcp/stray", add("pods", "stray")),
    ("object.undeclared", "ServiceAccount cortex-mcp/claimed", claimed),
    ("object.terminating", "ConfigMap cortex-mcp/shared", set_in(*CONFIG, "metadata/deletionTimestamp", DELETED)),
    (
        "object.terminating",
        "ResourceQuota cortex-mcp/cortex-mcp-quota",
        set_in(*QUOTA, "metadata/deletionTimestamp", DELETED),
    ),
    ("object.foreign-field", "Deployment cortex-mcp/time-mcp-server", edited(*TIME, "spec/minReadySeconds")),
    ("object.foreign-field", "ConfigMap cortex-mcp/shared", edited(*CONFIG, "immutable")),
    *(
        (
            "object.foreign-pod-field",
            "Deployment cortex-mcp/time-mcp-server",
            edited(*TIME, f"spec/template/spec/{path}"),
        )
        for path in ("hostAliases", "imagePullSecrets", 'containers/k:{"name":"time-mcp-server"}/lifecycle')
    ),
    (
        "object.foreign-service-field",
        "Service cortex-mcp/time-mcp-server",
        edited(*SERVICE, "spec/publishNotReadyAddresses"),
    ),
    ("object.foreign-right", "ServiceAccount cortex-mcp/time-mcp-server", edited(*ACCOUNT, "imagePullSecrets")),
    ("object.foreign-data", "ConfigMap cortex-mcp/shared", edited(*CONFIG, "binaryData/more")),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("objects", "workload.")


def test_unmanaged_objects_that_cannot_be_listed_are_unknown(world: World) -> None:
    world.deny("statefulsets", "cortex-mcp")
    (result,) = [result for result in world.results() if result.unknowns]
    assert (result.name, result.unknowns[0].what) == ("objects", "list statefulsets in cortex-mcp")
