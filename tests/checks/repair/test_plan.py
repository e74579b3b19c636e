"""What a plan does about each kind of drift, and what it leaves to whom."""

import msgspec
import pytest

from checks.repair.actions import Because, Left, Verb
from checks.repair.kinds import KINDS
from checks.repair.plan import Place, Plan, plan, wanted
from checks.repair.steps import operations
from checks.results.result import Ref, Remedy
from tests.checks.world import Json, World, declared

MCP = "cortex-mcp"
PLACE = Place("test", "the context")
STRAY = {"name": "stray", "labels": {"cortex.dev/component": "stray"}}
PLURALS = {name: kind.plural for name, kind in KINDS.items()}


@pytest.fixture
def world() -> World:
    return World(declared())


def planned(world: World) -> Plan:
    """Plan the repair of what is found in a world."""
    findings = world.findings()
    live = {ref: _live(world, ref) for ref in wanted(findings)}
    return plan(PLACE, world.declaration, findings, live)


def _live(world: World, ref: Ref) -> Json | None:
    objects = world.objects.get((PLURALS[ref.kind], ref.namespace), [])
    return next((one for one in objects if one["metadata"]["name"] == ref.name), None)


def actions(world: World) -> list[tuple[str, str, str | None]]:
    """Give verb, object and field of what is planned."""
    return [(s.action.verb.value, str(s.object), s.action.field) for s in planned(world).steps]


def leaves(world: World) -> list[tuple[str, Because]]:
    return [(entry.code, entry.because) for entry in planned(world).left]


def owns(obj: Json, manager: str, fields: Json, **more: str) -> None:
    """Let a field manager have set fields."""
    entry: Json = {
        "manager": manager,
        "operation": "Update",
        "time": "2026-01-01T11:00:00Z",
        "fieldsV1": fields,
        **more,
    }
    obj["metadata"]["managedFields"].append(entry)


def deployment(world: World) -> Json:
    return world.one("deployments", MCP, "time")


def spec(world: World) -> Json:
    found: Json = deployment(world)["spec"]["template"]["spec"]
    return found


def test_nothing_is_planned_for_what_is_as_declared(world: World) -> None:
    assert planned(world) == Plan()


def test_an_undeclared_variable_goes_and_its_value_is_not_shown(world: World) -> None:
    world.container("time")["env"] = [{"name": "DRIFT", "value": "very-secret"}]
    entry: Json = {'k:{"name":"DRIFT"}': {".": {}, "f:name": {}, "f:value": {}}}
    container = {'k:{"name":"time-mcp-server"}': {"f:env": entry}}
    owns(deployment(world), "kubectl-edit", {"f:spec": {"f:template": {"f:spec": {"f:containers": container}}}})
    (step,) = planned(world).steps
    assert step.action.field == "spec.template.spec.containers[time-mcp-server].env[DRIFT]"
    assert str(step.action.author) == "kubectl-edit at 2026-01-01T11:00:00Z"
    assert "very-secret" not in msgspec.json.encode(step.action).decode()
    where = "/spec/template/spec/containers/0/env/0"
    assert operations([step], step.live) == [
        {"op": "test", "path": "/spec/template/spec/containers/0/name", "value": "time-mcp-server"},
        {"op": "test", "path": where, "value": {"name": "DRIFT", "value": "very-secret"}},
        {"op": "remove", "path": where},
    ]


def test_an_undeclared_container_goes_and_its_variables_are_not_shown(world: World) -> None:
    spec(world)["containers"].append({"name": "extra", "env": [{"name": "A", "value": "very-secret"}]})
    (step,) = planned(world).steps
    assert (step.action.verb, step.action.field) == (Verb.REMOVE, "spec.template.spec.containers[extra]")
    assert "very-secret" not in msgspec.json.encode(step.action).decode()


def test_a_foreign_structure_goes_as_a_whole(world: World) -> None:
    spec(world)["hostAliases"] = [{"ip": "127.0.0.1", "hostnames": ["drift.invalid"]}]
    alias: Json = {'k:{"ip":"127.0.0.1"}': {".": {}, "f:hostnames": {}, "f:ip": {}}}
    fields: Json = {"f:spec": {"f:template": {"f:spec": {"f:hostAliases": alias}}}}
    owns(deployment(world), "mutation", fields)
    (step,) = planned(world).steps
    assert step.action.field == "spec.template.spec.hostAliases"
    assert len(step.findings) == 2
    assert step.action.codes == ("object.foreign-pod-field",)


def test_what_pulumi_set_beside_a_foreign_field_stays(world: World) -> None:
    service = world.one("services", MCP, "time")
    service["spec"]["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": 5}, "other": 1}
    inner: Json = {"f:clientIP": {"f:timeoutSeconds": {}}}
    owns(service, "kubectl-edit", {"f:spec": {"f:sessionAffinityConfig": inner}})
    owns(service, "pulumi-kubernetes-1", {"f:spec": {"f:sessionAffinityConfig": {"f:other": {}}}})
    assert actions(world) == [
        ("remove", f"Service {MCP}/time-mcp-server", "spec.sessionAffinityConfig.clientIP"),
    ]


def test_the_values_of_data_are_not_shown(world: World) -> None:
    world.one("configmaps", MCP, "shared")["data"]["more"] = "very-secret"
    (step,) = planned(world).steps
    assert (step.action.field, step.action.from_) == ("data.more", "(not shown)")


def test_an_undeclared_label_of_a_template_goes_alone(world: World) -> None:
    deployment(world)["spec"]["template"]["metadata"]["annotations"]["by"] = "hand"
    fields: Json = {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {".": {}, "f:by": {}}}}}}
    owns(deployment(world), "kubectl-edit", fields)
    assert actions(world) == [
        ("remove", f"Deployment {MCP}/time-mcp-server", "spec.template.metadata.annotations.by"),
    ]


def test_changes_of_one_list_go_from_its_end(world: World) -> None:
    world.container("time")["env"] = [{"name": "ONE", "value": "1"}, {"name": "TWO", "value": "2"}]
    steps = planned(world).steps
    removed = [str(each["path"]) for each in operations(steps, deployment(world)) if each["op"] == "remove"]
    assert removed == sorted(removed, reverse=True)
    assert len(removed) == 2


def repaired(world: World, code: str, remedy: Remedy = Remedy.REPAIR) -> Plan:
    """Plan the repair of findings of a code, as if that was their remedy."""
    found = [msgspec.structs.replace(f, remedy=remedy) for f in world.findings() if f.code == code]
    return plan(PLACE, world.declaration, found, {ref: _live(world, ref) for ref in wanted(found)})


def test_only_what_was_added_to_a_list_goes(world: World) -> None:
    role = world.one("clusterroles", "", "cortex-resource-manager-role")
    role["rules"].insert(1, {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]})
    assert [step.action.field for step in repaired(world, "rbac.rules").steps] == ["rules[1]"]


def test_a_changed_list_is_set_back(world: World) -> None:
    role = world.one("clusterroles", "", "cortex-resource-manager-role")
    before = role["rules"]
    role["rules"] = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    (step,) = repaired(world, "rbac.rules").steps
    assert (step.action.verb, step.action.field) == (Verb.REPLACE, "rules")
    test, change = operations([step], role)
    assert test == {"op": "test", "path": "/rules", "value": role["rules"]}
    assert (change["op"], change["value"]) == ("replace", before)


def test_undeclared_objects_are_deleted(world: World) -> None:
    world.add("networkpolicies", MCP, {"metadata": {"name": "open"}, "spec": {}})
    world.add("configmaps", MCP, {"metadata": STRAY})
    world.add("pods", MCP, {"metadata": STRAY})
    assert actions(world) == [
        ("delete", f"ConfigMap {MCP}/stray", None),
        ("delete", f"NetworkPolicy {MCP}/open", None),
        ("delete", f"Pod {MCP}/stray", None),
    ]


@pytest.mark.parametrize(
    ("kind", "plural", "command"),
    [
        ("PersistentVolumeClaim", "persistentvolumeclaims", f"--namespace {MCP} delete persistentvolumeclaim stray"),
        ("StatefulSet", "statefulsets", f"--namespace {MCP} delete statefulset stray"),
        ("Namespace", "namespaces", "delete namespace stray"),
    ],
)
def test_what_holds_data_is_only_listed(world: World, kind: str, plural: str, command: str) -> None:
    world.add(plural, "" if kind == "Namespace" else MCP, {"metadata": STRAY})
    made = planned(world)
    assert made.steps == ()
    (entry,) = made.left
    assert (entry.because, entry.todo) == (Because.DATA, f"kubectl --context 'the context' {command}")


def test_no_secret_is_ever_asked_for(world: World) -> None:
    world.add("namespaces", "", {"metadata": STRAY})
    assert all(ref.kind != "Secret" for ref in wanted(world.findings()))


def test_a_pod_with_a_debug_container_is_deleted_though_it_is_owned(world: World) -> None:
    pod = world.one("pods", MCP, "time")
    pod["spec"] = {"ephemeralContainers": [{"name": "debug", "image": "x"}]}
    owns(pod, "kubectl-debug", {"f:spec": {"f:ephemeralContainers": {}}}, subresource="ephemeralcontainers")
    (step,) = planned(world).steps
    assert (step.action.verb, step.action.codes) == (Verb.DELETE, ("pod.ephemeral-container",))
    assert str(step.action.author) == "kubectl-debug through ephemeralcontainers at 2026-01-01T11:00:00Z"


def test_a_pod_of_a_workload_with_another_image_is_deleted_though_it_is_owned() -> None:
    world = World(declared(workloads={"gate": {"image": "registry.test/gate:1"}}))
    world.one("pods", MCP, "gate")["spec"] = {"containers": [{"name": "gate", "image": "other:1"}]}
    (step,) = planned(world).steps
    assert (step.action.verb, step.action.codes) == (Verb.DELETE, ("workload.image",))


@pytest.mark.parametrize("subject", ["ServiceAccount", "User"])
def test_an_undeclared_binding_of_our_accounts_is_deleted(world: World, subject: str) -> None:
    ours: Json = {"kind": "ServiceAccount", "name": "time-mcp-server", "namespace": MCP}
    if subject == "User":
        ours = {"kind": "User", "name": f"system:serviceaccount:{MCP}:time-mcp-server"}
    world.bind("extra", "view", ours)
    assert actions(world) == [("delete", "ClusterRoleBinding extra", None)]


def test_an_undeclared_binding_stays_for_others(world: World) -> None:
    world.bind("extra", "view", {"kind": "ServiceAccount", "name": "time-mcp-server", "namespace": MCP})
    world.one("clusterrolebindings", "", "extra")["subjects"].insert(0, {"kind": "User", "name": "eve"})
    assert actions(world) == [("remove", "ClusterRoleBinding extra", "subjects[1]")]


def test_what_a_controller_owns_is_left_to_it(world: World) -> None:
    owned: Json = {**STRAY, "ownerReferences": [{"kind": "Thing", "name": "maker", "controller": True}]}
    world.add("networkpolicies", MCP, {"metadata": owned, "spec": {}})
    made = planned(world)
    assert made.steps == ()
    (entry,) = made.left
    assert entry.because is Because.OWNER
    assert entry.todo.startswith(f"Thing {MCP}/maker owns the object")


def test_finalizers_are_waited_for(world: World) -> None:
    going: Json = {**STRAY, "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["example.com/hold"]}
    world.add("networkpolicies", MCP, {"metadata": going, "spec": {}})
    (entry,) = planned(world).left
    assert entry.todo == "it is being deleted and waits for its finalizers (example.com/hold)"


def test_what_is_going_already_counts_as_gone(world: World) -> None:
    world.add("networkpolicies", MCP, {"metadata": {**STRAY, "deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": {}})
    made = planned(world)
    assert (made.steps, made.left) == ((), ())
    assert [finding.code for finding in made.gone] == ["network.undeclared"]


def test_what_is_gone_by_the_time_of_the_plan_counts_as_gone(world: World) -> None:
    world.one("configmaps", MCP, "shared")["data"]["more"] = "1"
    world.add("networkpolicies", MCP, {"metadata": STRAY, "spec": {}})
    findings = world.findings()
    del world.one("configmaps", MCP, "shared")["data"]["more"]
    world.remove("networkpolicies", MCP, "stray")
    made = plan(PLACE, world.declaration, findings, {ref: _live(world, ref) for ref in wanted(findings)})
    assert (made.steps, made.left) == ((), ())
    assert [finding.code for finding in made.gone] == ["config.data", "network.undeclared"]


def test_what_pulumi_mends_is_left_to_it(world: World) -> None:
    world.one("resourcequotas", MCP)["spec"]["hard"]["pods"] = "7"
    (entry,) = planned(world).left
    assert (entry.because, entry.todo) == (Because.PULUMI, "pulumi up --refresh --stack test")


def test_what_a_person_mends_is_left_with_its_hint(world: World) -> None:
    world.remove("nodes", "", "node-1")
    (finding,) = world.findings()
    (entry,) = planned(world).left
    assert (entry.because, entry.todo) == (Because.PERSON, finding.hint)


def test_an_autoscaler_is_not_fought(world: World) -> None:
    deployment(world)["spec"]["replicas"] = 5
    owns(deployment(world), "kube-controller-manager", {"f:spec": {"f:replicas": {}}}, subresource="scale")
    found = [entry for entry in planned(world).left if entry.code == "server.replicas"]
    assert [entry.because for entry in found] == [Because.WRITER]
    assert "HorizontalPodAutoscaler" in found[0].todo
    # Without its autoscaler the number stays, and a deployment sets it back.
    assert "and deploy the stack again" in found[0].todo
    (finding,) = [one for one in world.findings() if one.code == "server.replicas"]
    assert finding.remedy is Remedy.PERSON
    assert finding.message.endswith("is not as declared: kube-controller-manager set it for a HorizontalPodAutoscaler")


def test_a_controller_is_not_fought(world: World) -> None:
    world.one("configmaps", MCP, "shared")["data"]["more"] = "1"
    owns(world.one("configmaps", MCP, "shared"), "kube-controller-manager", {"f:data": {"f:more": {}}})
    made = planned(world)
    assert made.steps == ()
    (entry,) = made.left
    assert isinstance(entry, Left)
    assert entry.because is Because.WRITER
    assert entry.todo.startswith("kube-controller-manager at 2026-01-01T11:00:00Z sets data.more")
