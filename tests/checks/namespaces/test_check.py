"""Each drift of namespaces, quotas and limits gives exactly its finding."""

import pytest

from stacks.model import names
from tests.checks.drifts import (
    LIMIT,
    QUOTA,
    SPACE,
    Break,
    add,
    assert_found,
    codes_of,
    meta,
    no_namespace,
    set_in,
    unlabelled,
)
from tests.checks.world import World, declared


@pytest.fixture
def world() -> World:
    return World(declared(existingNamespaces=["default"]))


DRIFTS: list[tuple[str, str, Break]] = [
    ("namespace.missing", "Namespace cortex-mcp", no_namespace),
    ("namespace.not-existing", "Namespace default", lambda w: w.remove("namespaces", "", "default")),
    ("namespace.terminating", "Namespace cortex-mcp", set_in(*SPACE, "status", {"phase": "Terminating"})),
    ("namespace.label", "Namespace cortex-mcp", meta(*SPACE, "labels", {"environment": "prod"})),
    ("namespace.label", "Namespace cortex-mcp", meta(*SPACE, "labels", {names.COMPONENT: None})),
    ("namespace.annotation", "Namespace cortex-mcp", meta(*SPACE, "annotations", {names.OWNER: "me"})),
    (
        "namespace.pod-security",
        "Namespace cortex-mcp",
        meta(*SPACE, "labels", {f"{names.POD_SECURITY}enforce": "privileged"}),
    ),
    ("quota.missing", "ResourceQuota cortex-mcp/cortex-mcp-quota", lambda w: w.remove(*QUOTA)),
    ("quota.hard", "ResourceQuota cortex-mcp/cortex-mcp-quota", set_in(*QUOTA, "spec/hard/pods", "51")),
    ("quota.hard", "ResourceQuota cortex-mcp/cortex-mcp-quota", set_in(*QUOTA, "spec/hard/services", "5")),
    ("limits.missing", "LimitRange cortex-mcp/cortex-mcp-limits", lambda w: w.remove(*LIMIT)),
    ("limits.value", "LimitRange cortex-mcp/cortex-mcp-limits", set_in(*LIMIT, "spec/limits/0/max/cpu", "3")),
    ("namespace.undeclared", "Namespace stray", add("namespaces", "stray", "")),
    ("namespace.undeclared", "Namespace cortex-stray", unlabelled("namespaces", "cortex-stray", "")),
    ("quota.undeclared", "ResourceQuota cortex-mcp/tight", unlabelled("resourcequotas", "tight")),
    ("limits.undeclared", "LimitRange cortex-mcp/tight", unlabelled("limitranges", "tight")),
]


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    assert_found(world, code, obj, drift)


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("namespaces")


def test_equal_quantities_in_other_words_are_no_drift(world: World) -> None:
    world.one(*QUOTA)["spec"]["hard"].update({"requests.cpu": "10000m", "limits.memory": "40960Mi"})
    world.one(*LIMIT)["spec"]["limits"][0]["min"]["cpu"] = "0.05"
    assert world.codes() == []
