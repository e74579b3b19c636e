"""A healthy cluster gives no finding; each drift exactly its code on the right object; the unreadable is unknown."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from checks.drift.routing import SERVERS, objects
from checks.kube.reading import ReadFailure, Reason
from checks.mcp.answer import Answer, Outcome
from checks.mcp.check import CHECK as MCP
from checks.results.catalogue import catalogue, finding
from checks.results.conclusion import FINDINGS, OK, UNKNOWN, exit_code
from checks.results.result import Ref, Result, Severity, Status
from checks.servers.check import CHECK as SERVERS_CHECK
from checks.snapshot.snapshot import Snapshot
from checks.verification.checks import checks
from checks.verification.verify import run
from stacks.model import names
from tests.checks.world import World, declared

Break = Callable[[World], object]


@pytest.fixture
def world() -> World:
    return World(declared())


def meta(plural: str, namespace: str, prefix: str, field: str, changes: dict[str, str | None]) -> Break:
    """Set or, with None, delete keys of an object's labels or annotations."""

    def apply(world: World) -> None:
        values = world.one(plural, namespace, prefix)["metadata"][field]
        for key, value in changes.items():
            if value is None:
                del values[key]
            else:
                values[key] = value

    return apply


def status(world: World, **changes: int) -> None:
    world.one("deployments", "cortex-mcp", "time")["status"].update(changes)


def waiting(world: World) -> None:
    status(world, availableReplicas=1)
    pod = world.one("pods", "cortex-mcp", "time")
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}
    pod["status"] = {
        "phase": "Pending",
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "main", "state": state}],
    }
    about = {"kind": "Pod", "name": pod["metadata"]["name"]}
    for minute, message in ((1, "old news"), (2, "pull denied")):
        event = {
            "metadata": {"name": f"e{minute}"},
            "involvedObject": about,
            "reason": "Failed",
            "message": message,
            "lastTimestamp": f"2026-01-01T00:0{minute}:00Z",
        }
        world.add("events", "cortex-mcp", event)


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


def no_namespace(world: World) -> None:
    world.remove("namespaces", "", "cortex-mcp")
    for plural in ("resourcequotas", "limitranges", "deployments", "services"):
        world.objects[plural, "cortex-mcp"] = []
    world.objects["pods", "cortex-mcp"] = []
    for kind in world.mcp:
        world.mcp[kind] = Answer(Outcome.UNREACHABLE, "not found")


def stranger(world: World) -> None:
    pod = world.one("pods", "cortex-mcp", "time")
    labels = {names.APP: names.MCP_SERVER_APP, names.TYPE: "rogue"}
    world.add("pods", "cortex-system", {**pod, "metadata": {"name": "rogue", "labels": labels}})


def another_image(world: World) -> None:
    world.one(*POD)["spec"] = {"containers": [{"name": "time-mcp-server", "image": "evil:1"}]}


def stray_twin(world: World) -> None:
    pod = world.one("pods", "cortex-mcp", "time")
    world.add("pods", "cortex-mcp", {**pod, "metadata": {**pod["metadata"], "name": "twin"}})


def deploy(world: World, content: str) -> None:
    """Leave another declaration in the cluster, as a deployment would."""
    config_map = world.one("configmaps", "cortex-system", "cortex-declaration")
    config_map["data"] = {names.DECLARATION_KEY: content}
    config_map["metadata"]["annotations"] = {names.DECLARATION_HASH: hashlib.sha256(content.encode()).hexdigest()}


def deployed_otherwise(world: World) -> None:
    deploy(world, declared(cluster={"context": "x", "environment": "y"}).canonical())


def deployed_by_a_later_version(world: World) -> None:
    deploy(world, json.dumps({**json.loads(world.declaration.canonical()), "later": {}}))


def set_in(plural: str, namespace: str, prefix: str, path: str, value: object) -> Break:
    """Set a field, given by its path with `/`, of an object."""

    def apply(world: World) -> None:
        target: Any = world.one(plural, namespace, prefix)
        *parents, last = path.split("/")
        for key in parents:
            target = target[int(key)] if key.isdigit() else target[key]
        target[last] = value

    return apply


def add(plural: str, name: str, namespace: str = "cortex-mcp") -> Break:
    """Add an object that carries the label of ours."""
    metadata = {"name": name, "labels": {names.COMPONENT: "x"}}
    return lambda world: world.add(plural, namespace, {"metadata": metadata})


def edited(plural: str, namespace: str, prefix: str, path: str) -> Break:
    """Set what the stack leaves open, as `kubectl edit` would."""

    def apply(world: World) -> None:
        fields: dict[str, Any] = {}
        for key in reversed(path.split("/")):
            fields = {key if key.startswith("k:") else f"f:{key}": fields}
        managed = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": fields}
        world.one(plural, namespace, prefix)["metadata"]["managedFields"].append(managed)

    return apply


def drop(plural: str, namespace: str, prefix: str, path: str) -> Break:
    """Remove a field, given by its path with `/`, of an object."""

    def apply(world: World) -> None:
        target: Any = world.one(plural, namespace, prefix)
        *parents, last = path.split("/")
        for key in parents:
            target = target[int(key)] if key.isdigit() else target[key]
        del target[last]

    return apply


def unlabelled(plural: str, name: str, namespace: str = "cortex-mcp") -> Break:
    """Add an object that does not say that it is ours."""
    return lambda world: world.add(plural, namespace, {"metadata": {"name": name}})


def claimed(world: World) -> None:
    """Add an object of ours that has an owner, but no controller."""
    metadata = {"name": "claimed", "labels": {names.COMPONENT: "x"}, "ownerReferences": [{"kind": "Job", "name": "j"}]}
    world.add("serviceaccounts", "cortex-mcp", {"metadata": metadata})


def second_deployment(world: World) -> None:
    """Run another Deployment with a declared server's labels beside it; its pods do not run yet."""
    twin = json.loads(json.dumps(world.one(*TIME)))
    twin["metadata"]["name"] = "shadow"
    twin["spec"]["replicas"] = 0
    world.add("deployments", "cortex-mcp", twin)


def injected(field: str) -> Callable[[World], None]:
    def inject(world: World) -> None:
        world.one(*POD)["spec"] = {field: [{"name": "sidecar", "image": "mesh"}]}

    return inject


def joined(world: World) -> None:
    world.one(*POD)["spec"] = {"ephemeralContainers": [{"name": "debugger", "image": "busybox"}]}


ACCOUNT = "serviceaccounts", "cortex-mcp", "time"
ROLE = "roles", "cortex-mcp", names.MCP_MANAGER_ROLE
BINDING = "rolebindings", "cortex-mcp", names.MCP_MANAGER_BINDING
DENY = "networkpolicies", "cortex-mcp", names.DEFAULT_DENY
CONFIG = "configmaps", "cortex-mcp", "shared"
BUDGET = "poddisruptionbudgets", "cortex-mcp", "time"
NODE = "nodes", "", "node-0"
DNS = "pods", "kube-system", "coredns"
SPACE = "namespaces", "", "cortex-mcp"
QUOTA = "resourcequotas", "cortex-mcp", ""
LIMIT = "limitranges", "cortex-mcp", ""
TIME = "deployments", "cortex-mcp", "time"
POD = "pods", "cortex-mcp", "time"
SERVICE = "services", "cortex-mcp", "time"
DEPLOYED = "configmaps", "cortex-system", names.DECLARATION_CONFIG_MAP
TEMPLATE = "spec/template/spec/containers/0"
DELETED = "2026-01-01T00:00:00Z"

DRIFTS: list[tuple[str, str, Break]] = [
    ("node.count", "Cluster test", lambda w: w.remove("nodes", "", "node-0")),
    ("node.not-ready", "Node node-0", set_in(*NODE, "status/conditions", [{"type": "Ready", "status": "Unknown"}])),
    ("node.not-ready", "Node node-0", set_in(*NODE, "status", {})),
    ("dns.down", "Pods kube-system/k8s-app=kube-dns", lambda w: w.remove(*DNS)),
    ("dns.down", "Pods kube-system/k8s-app=kube-dns", set_in(*DNS, "status", {"phase": "Pending"})),
    (
        "dns.not-ready",
        "Pod kube-system/coredns-2",
        lambda w: w.add("pods", "kube-system", {"metadata": {"name": "coredns-2"}, "status": {"phase": "Pending"}}),
    ),
    ("namespace.missing", "Namespace cortex-mcp", no_namespace),
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
    ("server.missing", "Deployment cortex-mcp/time-mcp-server", no_deployment),
    ("server.undeclared", "Pod cortex-system/rogue", stranger),
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
    ("server.pods", "Deployment cortex-mcp/time-mcp-server", stray_twin),
    ("service.missing", "Service cortex-mcp/time-mcp-server", no_service),
    ("service.port", "Service cortex-mcp/time-mcp-server", set_in(*SERVICE, "spec/ports/0/port", 9)),
    ("service.selector", "Service cortex-mcp/time-mcp-server", set_in(*SERVICE, "spec/selector", {"app": "x"})),
    ("namespace.undeclared", "Namespace stray", add("namespaces", "stray", "")),
    ("namespace.undeclared", "Namespace cortex-stray", unlabelled("namespaces", "cortex-stray", "")),
    ("quota.undeclared", "ResourceQuota cortex-mcp/tight", unlabelled("resourcequotas", "tight")),
    ("limits.undeclared", "LimitRange cortex-mcp/tight", unlabelled("limitranges", "tight")),
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
    ("rbac.missing", "ServiceAccount cortex-mcp/time-mcp-server", lambda w: w.remove(*ACCOUNT)),
    ("rbac.missing", f"RoleBinding cortex-mcp/{BINDING[2]}", lambda w: w.remove(*BINDING)),
    (
        "rbac.token",
        "ServiceAccount cortex-mcp/time-mcp-server",
        set_in(*ACCOUNT, "automountServiceAccountToken", 1),
    ),
    ("rbac.token", "ServiceAccount cortex-mcp/time-mcp-server", drop(*ACCOUNT, "automountServiceAccountToken")),
    ("rbac.rules", f"Role cortex-mcp/{ROLE[2]}", set_in(*ROLE, "rules/0/verbs", ["*"])),
    ("rbac.subjects", f"RoleBinding cortex-mcp/{BINDING[2]}", set_in(*BINDING, "subjects/0/name", "default")),
    ("network.missing", "NetworkPolicy cortex-mcp/default-deny", lambda w: w.remove(*DENY)),
    ("network.policy", "NetworkPolicy cortex-mcp/default-deny", set_in(*DENY, "spec/ingress", [{}])),
    (
        "network.policy",
        "NetworkPolicy cortex-mcp/default-deny",
        set_in(*DENY, "spec/podSelector", {"matchLabels": {"a": "b"}}),
    ),
    (
        "network.undeclared",
        "NetworkPolicy cortex-mcp/open",
        add("networkpolicies", "open"),
    ),
    ("config.missing", "ConfigMap cortex-mcp/shared", lambda w: w.remove(*CONFIG)),
    ("config.data", "ConfigMap cortex-mcp/shared", set_in(*CONFIG, "data/level", "debug")),
    ("config.data", "ConfigMap cortex-mcp/shared", set_in(*CONFIG, "data/more", "1")),
    ("config.data", "ConfigMap cortex-mcp/shared", set_in(*CONFIG, "data/more", "")),
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
    ("pod.ephemeral-container", "Pod cortex-mcp/time-mcp-server-5d-0", joined),
    ("pod.undeclared-container", "Pod cortex-mcp/time-mcp-server-5d-0", injected("containers")),
    ("pod.undeclared-container", "Pod cortex-mcp/time-mcp-server-5d-0", injected("initContainers")),
    ("declaration.missing", "ConfigMap cortex-system/cortex-declaration", lambda w: w.remove(*DEPLOYED)),
    (
        "declaration.corrupt",
        "ConfigMap cortex-system/cortex-declaration",
        meta(*DEPLOYED, "annotations", {names.DECLARATION_HASH: "0"}),
    ),
    ("declaration.differs", "ConfigMap cortex-system/cortex-declaration", deployed_otherwise),
    ("declaration.differs", "ConfigMap cortex-system/cortex-declaration", deployed_by_a_later_version),
    (
        "declaration.corrupt",
        "ConfigMap cortex-system/cortex-declaration",
        set_in(*DEPLOYED, "data", {names.DECLARATION_KEY: "{}"}),
    ),
    (
        "declaration.corrupt",
        "ConfigMap cortex-system/cortex-declaration",
        set_in(
            *DEPLOYED,
            "data",
            {names.DECLARATION_KEY: declared(cluster={"context": "x", "environment": "y"}).canonical()},
        ),
    ),
]

ANSWERS: list[tuple[str, Answer]] = [
    ("mcp.unreachable", Answer(Outcome.UNREACHABLE, "connection refused")),
    ("mcp.timeout", Answer(Outcome.TIMEOUT, "no complete answer within 15 s")),
    ("mcp.protocol", Answer(Outcome.NO_MCP, "Unexpected content type: text/html")),
    ("mcp.session", Answer(Outcome.NO_MCP, "the endpoint answered HTTP 404", sessions=True)),
    ("mcp.tool", Answer(Outcome.ANSWERED, tools=frozenset({"get_current_time"}))),
    (
        "mcp.smoke",
        Answer(Outcome.ANSWERED, tools=frozenset({"get_current_time", "convert_time"}), smoke_error="broken"),
    ),
]


ELSEWHERE = (
    "api.",
    "config.reference",
    "config.stale-pods",
    "config.unused",
    "container.",
    "deployment.",
    "dns.answer",
    "metrics.",
    "network.closed",
    "network.open",
    "probe.",
    "rbac.allowed",
    "rbac.denied",
    "rbac.escalation",
    "rbac.group-binding",
    "suppression.",
    "rbac.role-missing",
    "rbac.undeclared-binding",
    "secret.",
    "usage.",
    "verifier.",
)
"""How the codes begin that other test modules provoke, each with a guard of its own."""


def test_healthy_cluster_is_ok(world: World) -> None:
    results = world.results()
    assert [result.name for result in results] == [
        "connection",
        "namespaces",
        "servers",
        "health",
        "mcp",
        "metrics",
        "usage",
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


def test_equal_quantities_in_other_words_are_no_drift(world: World) -> None:
    world.one(*QUOTA)["spec"]["hard"].update({"requests.cpu": "10000m", "limits.memory": "40960Mi"})
    world.one(*LIMIT)["spec"]["limits"][0]["min"]["cpu"] = "0.05"
    assert world.codes() == []


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_drift_gives_exactly_its_finding(world: World, code: str, obj: str, drift: Break) -> None:
    drift(world)
    assert [(finding.code, str(finding.object)) for finding in world.findings()] == [(code, obj)]
    assert exit_code(world.results(), Severity.WARNING) == FINDINGS


@pytest.mark.parametrize(("code", "answer"), ANSWERS)
def test_mcp_answer_gives_exactly_its_finding(world: World, code: str, answer: Answer) -> None:
    world.mcp["time"] = answer
    assert [(f.code, str(f.object)) for f in world.findings()] == [(code, "Service cortex-mcp/time-mcp-server")]


def test_binding_of_another_role_is_found(world: World) -> None:
    set_in(*BINDING, "roleRef", {"kind": "ClusterRole", "name": "view"})(world)
    assert world.codes() == ["rbac.role"]


def test_sessions_are_found_though_chance_chose_the_right_pod(world: World) -> None:
    world.mcp["talos"] = Answer(Outcome.ANSWERED, tools=frozenset({"talos_health", "talos_list"}), sessions=True)
    assert world.codes() == ["mcp.session"]


def test_every_catalogued_code_is_provoked_here() -> None:
    provoked = {code for code, *_ in [*DRIFTS, *ANSWERS]} | {"rbac.role"}
    assert provoked == {code for code in catalogue() if not code.startswith(ELSEWHERE)}


def test_unavailable_names_the_reason_and_the_last_event(world: World) -> None:
    waiting(world)
    (finding,) = world.findings()
    assert "1 of 2 replicas" in finding.message
    assert "container main ImagePullBackOff" in finding.message
    assert "last warning Failed: pull denied" in finding.message
    assert "old news" not in finding.message


def test_quota_that_forbids_pods_shows_from_the_replica_set(world: World) -> None:
    status(world, availableReplicas=0)
    world.objects["pods", "cortex-mcp"] = [p for p in world.objects["pods", "cortex-mcp"] if "talos" in str(p)]
    world.mcp["time"] = Answer(Outcome.UNREACHABLE)
    about = {"kind": "ReplicaSet", "name": "time-mcp-server-5d"}
    event = {"metadata": {"name": "e"}, "involvedObject": about, "reason": "FailedCreate", "message": "exceeded quota"}
    world.add("events", "cortex-mcp", event)
    (finding,) = world.findings()
    assert finding.code == "server.unavailable"
    assert "FailedCreate: exceeded quota" in finding.message


def test_same_declaration_written_by_another_version_is_the_same(world: World) -> None:
    written = json.loads(world.declaration.canonical())
    del written["verifier"]
    deploy(world, json.dumps(written))
    assert world.codes() == []


def test_edited_declaration_names_what_was_edited(world: World) -> None:
    edited = declared(cluster={"context": "x", "environment": "testing", "nodes": 2})
    set_in(*DEPLOYED, "data", {names.DECLARATION_KEY: edited.canonical()})(world)
    (finding,) = world.findings()
    assert finding.code == "declaration.corrupt"
    assert "cluster.context" in finding.message


def test_changed_declaration_names_what_differs(world: World) -> None:
    world.declaration = declared(
        cluster={"context": "test", "environment": "testing", "nodes": 2, "networkPolicies": "ignored"}
    )
    (finding,) = world.findings()
    assert finding.code == "declaration.differs"
    assert "cluster.networkPolicies" in finding.message


def test_pod_on_its_way_out_counts_as_nothing(world: World) -> None:
    pod = world.one("pods", "cortex-mcp", "time")
    leaving = {**pod["metadata"], "name": "leaving", "deletionTimestamp": "2026-01-01T00:00:00Z"}
    world.add("pods", "cortex-mcp", {**pod, "metadata": leaving})
    assert world.codes() == []


def test_gated_and_forbidden_endpoints_are_unknown(world: World) -> None:
    world.mcp = {"time": Answer(Outcome.GATED, "HTTP 401"), "talos": Answer(Outcome.FORBIDDEN, "no")}
    result = MCP.run(world.declaration, world.snapshot())
    assert result.status is Status.UNKNOWN
    assert [unknown.reason for unknown in result.unknowns] == [Reason.GATED, Reason.FORBIDDEN]
    # That the gated one is up is known, as is that neither keeps sessions; that it is as declared is not.
    assert result.passed == 3
    assert [(fact.subject, fact.value) for fact in result.facts] == [
        ("time", "gated"),
        ("time", "up, gated"),
        ("talos", "forbidden"),
    ]
    permission = result.unknowns[1].permission
    assert permission is not None
    assert (permission.verb, permission.resource, permission.namespace) == ("create", "services/proxy", "cortex-mcp")


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


def test_unreadable_events_shorten_the_message_and_are_unknown(world: World) -> None:
    waiting(world)
    world.deny("events", "cortex-mcp")
    (finding,) = world.findings()
    assert "ImagePullBackOff" in finding.message
    assert {unknown.what for result in world.results() for unknown in result.unknowns} == {"list events in cortex-mcp"}


def test_zero_that_kubernetes_leaves_out_is_no_drift(world: World) -> None:
    assert world.container("time")["startupProbe"].pop("initialDelaySeconds") == 0
    assert world.codes() == []


def test_objects_that_do_not_say_who_wrote_them_are_unknown_once_a_kind(world: World) -> None:
    for service in world.every("services"):
        del service["metadata"]["managedFields"]
    unknowns = [unknown.what for result in world.results() for unknown in result.unknowns]
    assert unknowns == ["look for undeclared fields of Service objects"]
    assert (world.codes(), exit_code(world.results(), Severity.ERROR)) == ([], UNKNOWN)


def test_strays_that_cannot_be_listed_are_unknown(world: World) -> None:
    world.deny("statefulsets", "cortex-mcp")
    (result,) = [result for result in world.results() if result.unknowns]
    assert (result.name, result.unknowns[0].what) == ("objects", "list statefulsets in cortex-mcp")


def test_warnings_explain_no_skips(world: World) -> None:
    no_namespace(world)
    skipped = SERVERS_CHECK.run(world.declaration, world.snapshot())
    slow = Result("connection", "", Status.FAIL, 1, 0, (finding("api.latency", Ref("Cluster", "x"), ""),), (), (), 0.0)
    assert exit_code((skipped, slow), Severity.ERROR) == UNKNOWN


def test_nothing_readable_leaves_no_row_ok() -> None:
    # Without a verifier nobody would try the NetworkPolicies, whatever can be read.
    metrics = {"namespace": "cortex-mcp"}
    world = World(declared(verifier={"image": "registry.test/cortex:1"}, kubeStateMetrics=metrics))
    why = ReadFailure("read /version", Reason.UNREACHABLE, "refused")
    results = run(checks(), world.declaration, Snapshot(why))
    assert [result.status for result in results] == [Status.UNKNOWN] * len(checks())
    assert exit_code(results, Severity.ERROR) == UNKNOWN


def test_a_finding_outweighs_an_unknown(world: World) -> None:
    world.deny("nodes", "")
    world.remove(*QUOTA)
    assert exit_code(world.results(), Severity.ERROR) == FINDINGS


def test_a_warning_fails_only_at_its_threshold(world: World) -> None:
    world.one(*SPACE)["metadata"]["annotations"].clear()
    results = world.results()
    assert exit_code(results, Severity.ERROR) == OK
    assert exit_code(results, Severity.WARNING) == FINDINGS


def test_no_rows_are_no_pass() -> None:
    assert exit_code((), Severity.ERROR) == UNKNOWN


def test_left_out_without_a_finding_is_no_pass(world: World) -> None:
    no_namespace(world)
    result = SERVERS_CHECK.run(world.declaration, world.snapshot())
    assert result.skipped == len(list(objects(world.declaration, SERVERS)))
    assert exit_code((result,), Severity.ERROR) == UNKNOWN


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
    assert finding.message == f"the Deployment asks for {replicas} replicas, not 2 to 4"
