"""The verification of a deployment under way leaves out what Pulumi is still to delete, and nothing else."""

from collections.abc import Callable

import pytest

from checks.kube.reading import Read
from checks.objects.collect import UNMANAGED, Unmanaged
from checks.rbac.collect import ANSWERS
from checks.results.result import Finding, Ref, Result
from checks.snapshot.snapshot import Snapshot
from checks.verification.checks import checks
from checks.verification.pending_deletion import without_pending_deletion
from checks.verification.verify import run
from stacks.manifests.build import build
from stacks.model import names
from stacks.model.declaration import Declaration
from tests.checks.collecting import with_collected
from tests.checks.world import SETTINGS, Json, World, declared
from tests.components.full import WORKLOADS, full

CLIENT = {"namespace": "cortex-old"}


def before() -> Declaration:
    """Return the declaration that was deployed: more namespaces, servers, rights and ConfigMaps than the next one."""
    old = {"component": "old", "description": "To be removed"}
    servers = {**SETTINGS["servers"], "gone": {**SETTINGS["servers"]["time"], "clients": [CLIENT]}}
    return declared(
        namespaces={**SETTINGS["namespaces"], "cortex-old": old},
        servers=servers,
        configMaps={**SETTINGS["configMaps"], "gone": {"namespace": "cortex-mcp", "data": {"a": "b"}}},
        resourceManager={"scope": "cluster"},
        kubeStateMetrics={"image": "registry.test/kube-state-metrics:1", "namespace": "cortex-mcp"},
        agent={"image": "registry.test/cortex:1", "actions": ["cordon", "restart"]},
    )


def deployed(after: Declaration, earlier: Declaration | None = None) -> World:
    """Return the cluster in the moment in which `after` is created, and nothing of before is deleted yet."""
    world, new = World(earlier or before()), World(after)
    for place, updated in new.objects.items():
        names_now = {obj["metadata"]["name"] for obj in updated}
        old = [obj for obj in world.objects.get(place, []) if obj["metadata"]["name"] not in names_now]
        world.objects[place] = [*updated, *old]
    world.declaration, world.metrics = after, new.metrics
    world.network, world.mcp, world.replies, world.secrets = new.network, new.mcp, new.replies, new.secrets
    return world


def judged(
    world: World, change: Callable[[Snapshot], Snapshot] | None = None
) -> tuple[list[Finding], tuple[Result, ...]]:
    snapshot = world.snapshot() if change is None else change(world.snapshot())
    results = run(checks(), world.declaration, snapshot)
    return [finding for result in results for finding in result.findings], results


def deploying(world: World) -> tuple[list[Finding], tuple[Result, ...]]:
    return judged(world, lambda snapshot: without_pending_deletion(world.declaration, snapshot))


@pytest.fixture
def world() -> World:
    return deployed(declared(resourceManager={"scope": "namespaces"}))


def test_it_is_green_though_a_later_verification_would_not_be(world: World) -> None:
    codes = {finding.code for finding in judged(world)[0]}
    assert codes >= {"namespace.undeclared", "server.undeclared", "object.undeclared", "rbac.undeclared-binding"}
    findings, results = deploying(world)
    assert findings == []
    assert [result.name for result in results if result.unknowns] == []


STATEFUL = {**SETTINGS["servers"]["time"], "controller": "StatefulSet"}


def inside(world: World) -> list[Finding]:
    """Give the findings in the cluster, where StatefulSets are listed only if one is declared."""

    def read(snapshot: Snapshot) -> Snapshot:
        return without_pending_deletion(world.declaration, with_collected(snapshot, UNMANAGED, Unmanaged()))

    return judged(world, read)[0]


@pytest.mark.parametrize("servers", [[SETTINGS["servers"]["time"], STATEFUL], [STATEFUL, SETTINGS["servers"]["time"]]])
def test_a_server_that_changes_its_controller_has_the_pods_of_the_new_one(servers: list[Json]) -> None:
    was, now = (declared(servers={"time": server}) for server in servers)
    world = deployed(now, was)
    assert "server.pods" in {finding.code for finding in judged(world)[0]}
    assert inside(world) == []


def test_a_stateful_server_that_is_removed_leaves_its_pods_for_now() -> None:
    world = deployed(declared(), declared(servers={**SETTINGS["servers"], "gone": STATEFUL}))
    assert "server.undeclared" in {finding.code for finding in judged(world)[0]}
    assert inside(world) == []


@pytest.mark.parametrize("changes", [{}, {"controller": "StatefulSet"}, {"port": None, "clients": []}])
def test_a_workload_that_is_removed_is_no_finding(changes: Json) -> None:
    db = {"image": "registry.test/db:1", "port": 5432, "secretEnv": {"P": "p"}, "clients": [{"server": "time"}]}
    world = deployed(declared(), declared(workloads={"db": {**db, **changes}}))
    assert "object.undeclared" in {finding.code for finding in judged(world)[0]}
    assert inside(world) == []


def test_each_object_that_is_left_out_is_named(world: World) -> None:
    (result,) = [result for result in deploying(world)[1] if result.name == "declaration"]
    named = {fact.subject for fact in result.facts if fact.name == "pending_deletion"}
    now = {(obj.kind, obj.namespace, obj.name) for obj in build(world.declaration)}
    gone = [obj for obj in build(before()) if (obj.kind, obj.namespace, obj.name) not in now]
    # Of a namespace that goes, it is enough to name the namespace.
    seen = {str(Ref(obj.kind, obj.name, obj.namespace)) for obj in gone if obj.namespace != "cortex-old"}
    assert named >= seen
    assert len(seen) > 10
    assert "Namespace cortex-old" in named


@pytest.mark.parametrize(
    ("plural", "namespace", "name"),
    [
        ("namespaces", "", "cortex-old"),
        ("deployments", "cortex-mcp", "gone-mcp-server"),
        ("services", "cortex-mcp", "gone-mcp-server"),
        ("networkpolicies", "cortex-mcp", "gone-mcp-server"),
        ("configmaps", "cortex-mcp", "gone"),
        ("clusterrolebindings", "", "cortex-resource-manager-binding"),
    ],
)
@pytest.mark.parametrize("managers", [[], [{"manager": "kubectl-create", "fieldsV1": {}}]], ids=["nobody", "kubectl"])
def test_what_pulumi_did_not_make_is_a_finding(
    world: World, plural: str, namespace: str, name: str, managers: list[Json]
) -> None:
    world.one(plural, namespace, name)["metadata"]["managedFields"] = managers
    found = {finding.object.name for finding in deploying(world)[0]}
    assert any(each.startswith(name) for each in found)


def test_what_is_declared_is_never_left_out(world: World) -> None:
    world.container("time")["image"] = "registry.test/other:1"
    world.remove("services", "cortex-mcp", "talos")
    assert {"server.image", "service.missing"} <= {finding.code for finding in deploying(world)[0]}


def test_only_what_a_pending_binding_allows_is_not_asked(world: World) -> None:
    snapshot = world.snapshot()
    kept = without_pending_deletion(world.declaration, snapshot).get(ANSWERS)
    assert {question for question in snapshot.get(ANSWERS) if question not in kept}, "the old binding allows some"
    denied = next(question for question in kept if not question.expected)
    known = snapshot.get(ANSWERS)
    answers = {**known, denied: Read(value=True, seconds=0.0)}
    another = with_collected(snapshot, ANSWERS, answers)
    findings, _ = judged(world, lambda _: without_pending_deletion(world.declaration, another))
    assert [finding.code for finding in findings] == ["rbac.allowed"]


def test_all_that_a_stack_declares_carries_its_label() -> None:
    """Else the sign by which this knows the stack's objects would miss some."""
    unlabelled = {"LimitRange", "NetworkPolicy", "ResourceQuota"}
    for obj in build(full(workloads=WORKLOADS)):
        assert names.COMPONENT in obj.labels or obj.kind in unlabelled or obj.retained, obj


def test_the_present_verification_stays_and_earlier_runs_do_not_count() -> None:
    world = World(declared(verifier={"image": "registry.test/cortex:1"}))
    ended = {"conditions": [{"type": "Failed", "status": "True"}], "startTime": "2025-12-31T00:00:00Z"}
    owner = {"kind": "CronJob", "name": "cortex-verify", "controller": True}
    metadata = {"name": "cortex-verify-earlier", "labels": names.verifier_labels(), "ownerReferences": [owner]}
    world.add("jobs", names.SYSTEM_NAMESPACE, {"metadata": metadata, "status": ended})
    assert [finding.code for finding in judged(world)[0]] == ["verifier.failed"]
    assert deploying(world)[0] == []
