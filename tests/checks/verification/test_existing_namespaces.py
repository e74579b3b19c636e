"""A server in a namespace that the stack does not own: only the stack's own objects there are judged."""

from collections.abc import Mapping
from dataclasses import replace

import anyio
import pytest

from checks.kube.connection import Connection
from checks.kube.reading import Read
from checks.metrics.cluster_metrics import QUOTA
from checks.network.callers import callers
from checks.secrets.unused import UNUSED
from stacks.model import names
from tests.checks.collecting import collect
from tests.checks.drifts import Break
from tests.checks.fake_api import serve
from tests.checks.world import SETTINGS, World, declared

SERVERS = {**SETTINGS["servers"], "time": {**SETTINGS["servers"]["time"], "namespace": "default"}}


@pytest.fixture
def world() -> World:
    return World(declared(servers=SERVERS, existingNamespaces=["default", "kube-system"]))


def named(name: str, labels: Mapping[str, str] | None = None) -> dict[str, object]:
    return {"metadata": {"name": name, "labels": labels or {}}}


def test_neighbours_are_not_reported(world: World) -> None:
    broken = {
        **named("broken"),
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "broken"}}, "template": named("")},
        "status": {"replicas": 1, "unavailableReplicas": 1},
    }
    world.add("deployments", "default", broken)
    pod = {**named("broken-1", {"app": "broken"}), "status": {"phase": "Pending", "conditions": []}}
    world.add("pods", "default", {**pod, "spec": {"containers": []}})
    for plural in ("networkpolicies", "configmaps", "secrets", "roles", "serviceaccounts", "services"):
        world.add(plural, "default", named("theirs"))
    for plural in ("resourcequotas", "limitranges", "jobs", "cronjobs"):
        world.add(plural, "default", named("theirs", {names.COMPONENT: "theirs"}))
    assert world.codes() == []


LEFTOVERS: list[tuple[str, str, Break]] = [
    ("object.undeclared", "Service", lambda w: w.add("services", "default", named("old", {names.COMPONENT: "x"}))),
    (
        "network.undeclared",
        "NetworkPolicy",
        lambda w: w.add("networkpolicies", "default", {**named("old", {names.COMPONENT: "x"})}),
    ),
    ("server.missing", "Deployment", lambda w: w.remove("deployments", "default", "time")),
    ("network.missing", "NetworkPolicy", lambda w: w.remove("networkpolicies", "default", "time")),
]


@pytest.mark.parametrize(("code", "kind", "drift"), LEFTOVERS, ids=[f"{code}-{kind}" for code, kind, _ in LEFTOVERS])
def test_what_is_the_stacks_is_reported(world: World, code: str, kind: str, drift: Break) -> None:
    drift(world)
    found = {(finding.code, finding.object.kind) for finding in world.findings() if finding.object.space == "default"}
    assert (code, kind) in found


def test_no_probe_pods_are_started_there(world: World) -> None:
    assert "default" not in {caller.namespace for caller in callers(world.declaration)}
    assert callers(world.declaration)


def test_a_namespace_that_is_gone_is_reported_once(world: World) -> None:
    world.remove("namespaces", "", "default")
    for key in [key for key in world.objects if key[1] == "default"]:
        del world.objects[key]
    assert "namespace.not-existing" in world.codes()
    assert "server.missing" not in world.codes()


def test_namespaces_without_quota_and_limits_lack_neither() -> None:
    bare = {name: {**space, "quota": None, "limits": None} for name, space in SETTINGS["namespaces"].items()}
    metrics = {"image": "registry.test/ksm:1", "namespace": "cortex-mcp"}
    world = World(declared(namespaces=bare, kubeStateMetrics=metrics))
    assert world.metrics is not None
    assert isinstance(world.metrics.scrape, Read)
    scrape = world.metrics.scrape.value
    samples = {name: count for name, count in scrape.samples.items() if name != QUOTA}
    world.metrics = replace(world.metrics, scrape=Read(replace(scrape, samples=samples), 0.01))
    assert world.codes() == []
    world.add("resourcequotas", "cortex-mcp", named("theirs"))
    world.one("resourcequotas", "cortex-mcp")["status"] = {"hard": {}, "used": {}}
    assert world.codes() == ["quota.undeclared"]


def test_a_leftover_that_a_neighbours_cron_job_uses_is_used(world: World) -> None:
    container = {"name": "a", "image": "a", "envFrom": [{"configMapRef": {"name": "used"}}]}
    template = {"spec": {"template": {"spec": {"containers": [container]}}}}
    world.add("cronjobs", "default", {**named("theirs"), "spec": {"jobTemplate": template}})
    for name in ("used", "unused"):
        world.add("configmaps", "default", {**named(name, {names.COMPONENT: "x"}), "data": {}})
    with serve(world) as api:
        seen = anyio.run(collect, UNUSED, world.declaration, Connection("test", api.url))
    reading = seen["default"]
    assert isinstance(reading, Read)
    assert [each.name for each in reading.value] == ["unused"]
