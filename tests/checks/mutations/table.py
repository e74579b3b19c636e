"""The mutations of stack `local`: what is changed, and the finding that has to say so."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from checks.results.catalogue import catalogue
from checks.results.result import Remedy
from tests.checks.mutations.live import Edit, Json

SYSTEM, MCP, MONITORING, WORKERS = "cortex-system", "cortex-mcp", "cortex-monitoring", "cortex-workers"
TIME, KUBERNETES = f"{MCP}/time-mcp-server", f"{MCP}/kubernetes-mcp-server"
CREDENTIALS = f"{MCP}/time-mcp-credentials"
METRICS = f"{MONITORING}/kube-state-metrics"


def _family(*families: str) -> frozenset[str]:
    """Give the codes of families, such as `metrics`."""
    return frozenset(code for code in catalogue() if code.split(".")[0] in families)


ROLLING = frozenset({"server.rollout", "server.unavailable", "server.pods", "probe.failing"})
"""What is true as well while an MCP server's pods are replaced."""
MEASURING = frozenset({"deployment.rollout", "deployment.unavailable", "metrics.down", "metrics.outdated"})
"""What is true as well while kube-state-metrics' are, or where it cannot be reached."""
ELSEWHERE = _family("mcp", "probe")
"""What is true as well where a Service leads to another server's pods."""
RIGHTS = _family("metrics") | {code for code in catalogue() if code.startswith(("rbac.denied", "rbac.escalation"))}
RIGHTS |= {"rbac.undeclared-binding", "rbac.group-binding", "rbac.role-missing"}
"""What follows from a changed role or binding."""
READ = frozenset({"config.stale-pods", "config.reference"})
"""What is true as well of pods whose ConfigMap changed."""


_BEYOND: set[Edit] = set()


@dataclass(frozen=True)
class Mutation:
    """One change; `edit` None deletes the object, a document creates it."""

    code: str
    object: str
    change: Edit | Json | None
    besides: Set[str] = frozenset()
    """Codes of what the change truly brings about as well."""
    within: float = 0.0
    """Seconds that a controller of the cluster may take to bring the finding about."""

    @property
    def remedy(self) -> Remedy:
        """Who puts it right."""
        if self.object.split()[0] in {"PersistentVolumeClaim", "StatefulSet"} or self.code == "secret.unused":
            return Remedy.PERSON
        if callable(self.change) and self.change in _BEYOND:
            return Remedy.PERSON if self.object.startswith("Secret ") else Remedy.REPAIR
        return catalogue()[self.code].remedy


def put(path: str, value: object) -> Edit:
    """Set a field by its path; numbers index lists, `~` stands for a slash in a key."""

    def edit(document: Json) -> None:
        target, last = _walk(document, path)
        target[last] = value

    return edit


def drop(path: str) -> Edit:
    """Remove a field."""

    def edit(document: Json) -> None:
        target, last = _walk(document, path)
        del target[last]

    return edit


def add(path: str, item: object) -> Edit:
    """Append to a list."""

    def edit(document: Json) -> None:
        target, last = _walk(document, path)
        target.setdefault(last, []).append(item)

    return edit


def beyond(edit: Edit) -> Edit:
    """Mark an edit that only adds to what is declared: a deployment does not see that, and leaves it."""
    _BEYOND.add(edit)
    return edit


def _walk(document: Json, path: str) -> tuple[Any, Any]:
    *parents, last = [int(part) if part.isdigit() else part.replace("~", "/") for part in path.split("/")]
    target: Any = document
    for part in parents:
        target = target.setdefault(part, {}) if isinstance(target, dict) else target[part]
    return target, last


def _container(path: str) -> str:
    return f"spec/template/spec/containers/0/{path}"


def _label(key: str) -> str:
    return f"metadata/labels/{key.replace('/', '~')}"


def _annotation(key: str) -> str:
    return f"metadata/annotations/{key.replace('/', '~')}"


def _mutate(code: str, obj: str, *changes: Edit | None, besides: Set[str] = frozenset()) -> list[Mutation]:
    return [Mutation(code, obj, change, besides) for change in changes]


STRANGER: Json = {"metadata": {"labels": {"cortex.dev/component": "stray"}}}
ROGUE_LABELS = {"app": "mcp-server", "mcp.cortex.dev/type": "rogue"}
ROGUE: Json = {
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": ROGUE_LABELS},
        "template": {
            "metadata": {"labels": ROGUE_LABELS},
            "spec": {"containers": [{"name": "rogue", "image": "registry.invalid/rogue:1"}]},
        },
    }
}
SHADOW_LABELS = {**ROGUE_LABELS, "mcp.cortex.dev/type": "time"}
SHADOW: Json = {
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": SHADOW_LABELS},
        "template": {**ROGUE["spec"]["template"], "metadata": {"labels": SHADOW_LABELS}},
    }
}
STRAY_LABELS = {"app": "stray"}
STRAY_POD: Json = {
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "stray",
            "image": "registry.invalid/stray:1",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}
STRAY_PODS: Json = {
    "selector": {"matchLabels": STRAY_LABELS},
    "template": {"metadata": {"labels": STRAY_LABELS}, "spec": {**STRAY_POD, "nodeSelector": {"there-is": "none"}}},
}
STRAY_CLAIM: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
OPEN: Json = {"spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}}

NAMESPACES = [
    *_mutate(
        "namespace.label",
        f"Namespace {WORKERS}",
        put(_label("environment"), "drift"),
        drop(_label("cortex.dev/component")),
    ),
    *_mutate(
        "namespace.annotation",
        f"Namespace {WORKERS}",
        put(_annotation("cortex.dev/owner"), "drift"),
        drop(_annotation("cortex.dev/description")),
    ),
    *_mutate(
        "namespace.pod-security",
        f"Namespace {WORKERS}",
        put(_label("pod-security.kubernetes.io/enforce"), "privileged"),
        drop(_label("pod-security.kubernetes.io/warn")),
        put(_label("pod-security.kubernetes.io/enforce-version"), "v1.20"),
    ),
    Mutation("namespace.undeclared", "Namespace cortex-stray", STRANGER),
    Mutation("namespace.undeclared", "Namespace cortex-other", {}),
    Mutation("quota.undeclared", f"ResourceQuota {WORKERS}/tight", {"spec": {"hard": {"pods": "100"}}}),
    Mutation("limits.undeclared", f"LimitRange {WORKERS}/tight", {"spec": {"limits": []}}),
    *_mutate("quota.missing", f"ResourceQuota {WORKERS}/{WORKERS}-quota", None),
    *_mutate(
        "quota.hard",
        f"ResourceQuota {WORKERS}/{WORKERS}-quota",
        put("spec/hard/pods", "51"),
        put("spec/hard/requests.cpu", "100"),
        drop("spec/hard/limits.memory"),
        beyond(put("spec/hard/services", "5")),
    ),
    *_mutate("limits.missing", f"LimitRange {WORKERS}/{WORKERS}-limits", None),
    *_mutate(
        "limits.value",
        f"LimitRange {WORKERS}/{WORKERS}-limits",
        put("spec/limits/0/max/cpu", "3"),
        put("spec/limits/0/default/memory", "1Gi"),
        drop("spec/limits/0/min"),
        beyond(add("spec/limits", {"type": "Pod", "max": {"cpu": "9"}})),
    ),
]

SERVERS = [
    Mutation("server.replicas", f"Deployment {TIME}", put("spec/replicas", 1), ROLLING),
    Mutation("server.replicas", f"Deployment {TIME}", put("spec/replicas", 3), ROLLING),
    *_mutate(
        "server.image",
        f"Deployment {TIME}",
        put(_container("image"), "registry.invalid/other:1"),
        besides=ROLLING,
    ),
    *_mutate(
        "server.probe",
        f"Deployment {TIME}",
        drop(_container("livenessProbe")),
        put(_container("readinessProbe/periodSeconds"), 99),
        put(_container("startupProbe/httpGet/path"), "/elsewhere"),
        put(_container("livenessProbe/failureThreshold"), 99),
        besides=ROLLING,
    ),
    *_mutate(
        "server.label",
        f"Deployment {TIME}",
        put(_label("mcp.cortex.dev/version"), "drift"),
        drop(_label("mcp.cortex.dev/protocol")),
    ),
    *_mutate(
        "server.annotation",
        f"Deployment {TIME}",
        drop(_annotation("mcp.cortex.dev/capabilities")),
        put(_annotation("mcp.cortex.dev/endpoint"), "http://elsewhere.invalid/"),
    ),
    *_mutate(
        "server.spec",
        f"Deployment {TIME}",
        beyond(put(_container("args"), ["--drift"])),
        beyond(add(_container("env"), {"name": "DRIFT", "value": "1"})),
        put(_container("resources/limits/memory"), "600Mi"),
        put(_container("securityContext/readOnlyRootFilesystem"), False),  # noqa: FBT003 - the field's value
        beyond(put(_container("securityContext/runAsGroup"), 0)),
        drop(_container("securityContext/allowPrivilegeEscalation")),
        beyond(put("spec/template/spec/securityContext/supplementalGroups", [0])),
        beyond(put("spec/template/spec/volumes/0/emptyDir/medium", "Memory")),
        drop("spec/template/spec/automountServiceAccountToken"),
        drop("spec/template/spec/enableServiceLinks"),
        put("spec/template/spec/terminationGracePeriodSeconds", 5),
        put("spec/template/spec/automountServiceAccountToken", True),  # noqa: FBT003 - the field's value
        put("spec/strategy/rollingUpdate/maxUnavailable", 1),
        drop("spec/template/spec/topologySpreadConstraints"),
        besides=ROLLING,
    ),
    *_mutate("server.spec", f"Deployment {TIME}", beyond(put("spec/paused", True)), besides=ROLLING),  # noqa: FBT003
    *_mutate("object.foreign-field", f"Deployment {TIME}", put("spec/minReadySeconds", 1), besides=ROLLING),
    *_mutate(
        "object.foreign-pod-field",
        f"Deployment {TIME}",
        put("spec/template/spec/priorityClassName", "system-cluster-critical"),
        put("spec/template/spec/hostAliases", [{"ip": "127.0.0.1", "hostnames": ["drift.invalid"]}]),
        put("spec/template/spec/imagePullSecrets", [{"name": "drift"}]),
        put(_container("lifecycle"), {"preStop": {"sleep": {"seconds": 1}}}),
        besides=ROLLING,
    ),
    Mutation("server.missing", f"Deployment {TIME}", None, ROLLING),
    Mutation("server.undeclared", f"Deployment {MCP}/rogue", ROGUE),
    Mutation("server.undeclared", f"Deployment {WORKERS}/rogue", ROGUE),
    Mutation("server.undeclared", f"Deployment {MCP}/shadow", SHADOW),
    Mutation("service.missing", f"Service {TIME}", None),
    *_mutate("service.port", f"Service {TIME}", beyond(put("spec/ports/0/port", 9)), put("spec/ports/0/targetPort", 9)),
    *_mutate(
        "service.selector",
        f"Service {TIME}",
        put("spec/selector/app", "drift"),
        drop("spec/selector/mcp.cortex.dev~type"),
        besides=ELSEWHERE,
    ),
    # The API server then sets externalTrafficPolicy in the editor's name.
    *_mutate(
        "object.field",
        f"Service {TIME}",
        beyond(put("spec/externalIPs", ["192.0.2.1"])),
        besides={"object.foreign-service-field"},
    ),
    *_mutate(
        "object.foreign-service-field",
        f"Service {TIME}",
        put("spec/publishNotReadyAddresses", True),  # noqa: FBT003 - the field's value
    ),
    *_mutate("object.label", f"Service {TIME}", drop(_label("app"))),
    *_mutate("object.missing", f"PodDisruptionBudget {TIME}", None),
    *_mutate("object.field", f"PodDisruptionBudget {TIME}", put("spec/maxUnavailable", 2)),
]

RBAC = [
    *_mutate("rbac.missing", f"RoleBinding {WORKERS}/cortex-resource-manager-binding", None, besides=RIGHTS),
    *_mutate("rbac.missing", f"Role {MCP}/cortex-mcp-manager", None, besides=RIGHTS),
    *_mutate("rbac.missing", "ClusterRoleBinding cortex-resource-manager-read", None, besides=RIGHTS),
    *_mutate(
        "rbac.token",
        f"ServiceAccount {SYSTEM}/cortex-resource-manager",
        put("automountServiceAccountToken", True),  # noqa: FBT003
        drop("automountServiceAccountToken"),
    ),
    *_mutate("object.foreign-right", f"ServiceAccount {TIME}", put("imagePullSecrets", [{"name": "drift"}])),
    *_mutate(
        "rbac.rules",
        "ClusterRole cortex-resource-manager-role",
        put("rules/0/verbs", ["*"]),
        beyond(add("rules", {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]})),
        drop("rules/0"),
        besides=RIGHTS,
    ),
    *_mutate("rbac.rules", f"Role {MCP}/cortex-mcp-manager", put("rules/0/resources", ["*"]), besides=RIGHTS),
    *_mutate(
        "rbac.subjects",
        f"RoleBinding {MCP}/cortex-mcp-manager-binding",
        put("subjects/0/name", "default"),
        beyond(
            add("subjects", {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"})
        ),
        besides=RIGHTS,
    ),
    *_mutate("rbac.subjects", "ClusterRoleBinding kube-state-metrics", drop("subjects"), besides=RIGHTS),
    *_mutate("object.label", "ClusterRole kube-state-metrics", drop(_label("cortex.dev/component"))),
    Mutation("object.undeclared", f"ServiceAccount {WORKERS}/stray", STRANGER),
]

NETWORK = [
    *_mutate("network.missing", f"NetworkPolicy {WORKERS}/default-deny", None),
    *_mutate("network.missing", f"NetworkPolicy {WORKERS}/allow-dns", None),
    *_mutate(
        "network.policy",
        f"NetworkPolicy {WORKERS}/default-deny",
        beyond(put("spec/ingress", [{}])),
        beyond(put("spec/podSelector", {"matchLabels": {"drift": "yes"}})),
        put("spec/policyTypes", ["Egress"]),
    ),
    *_mutate(
        "network.policy",
        f"NetworkPolicy {TIME}",
        beyond(add("spec/ingress/0/from", {"namespaceSelector": {}})),
        beyond(add("spec/ingress/0/ports", {"port": 9999, "protocol": "TCP"})),
        drop("spec/ingress/0/ports"),
    ),
    *_mutate(
        "network.policy",
        f"NetworkPolicy {WORKERS}/allow-dns",
        beyond(add("spec/egress", {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]})),
        drop("spec/egress/0/to"),
    ),
    Mutation("network.undeclared", f"NetworkPolicy {WORKERS}/open", OPEN),
]

CONFIG = [
    *_mutate("config.missing", f"ConfigMap {MCP}/time-mcp-config", None, besides=READ),
    *_mutate(
        "config.data",
        f"ConfigMap {MCP}/time-mcp-config",
        put("data/server-config.yaml", "server: {}"),
        beyond(put("data/more", "1")),
        drop("data/server-config.yaml"),
        besides=READ,
    ),
    *_mutate("object.label", f"ConfigMap {MCP}/time-mcp-config", drop(_label("cortex.dev/component"))),
    *_mutate(
        "object.foreign-data", f"ConfigMap {MCP}/time-mcp-config", put("binaryData", {"other": "MQ=="}), besides=READ
    ),
    Mutation("object.undeclared", f"ConfigMap {WORKERS}/stray", STRANGER, frozenset({"config.unused"})),
    *_mutate("declaration.missing", f"ConfigMap {SYSTEM}/cortex-declaration", None),
    *_mutate(
        "declaration.corrupt",
        f"ConfigMap {SYSTEM}/cortex-declaration",
        put(_annotation("cortex.dev/declaration-hash"), "0" * 64),
        put("data/declaration.json", "{}"),
    ),
]

SECRETS = [
    *_mutate("secret.missing", f"Secret {CREDENTIALS}", None),
    *_mutate("secret.keys", f"Secret {CREDENTIALS}", drop("data/TIME_API_TOKEN"), beyond(put("data/more", "MQ=="))),
    *_mutate(
        "secret.content",
        f"Secret {CREDENTIALS}",
        put("data/TIME_API_TOKEN", "MQ=="),
        drop(_annotation("cortex.dev/checksum")),
    ),
    *_mutate("object.label", f"Secret {CREDENTIALS}", drop(_label("app"))),
    Mutation("secret.unused", f"Secret {WORKERS}/stray", STRANGER),
    *_mutate(
        "secret.stale-pods",
        f"Deployment {TIME}",
        put("spec/template/metadata/annotations/cortex.dev~checksum", "0" * 64),
        besides=ROLLING,
    ),
]

OTHERS = [
    *_mutate("object.missing", f"Service {METRICS}", None, besides=MEASURING),
    *_mutate("object.missing", f"CronJob {SYSTEM}/cortex-verify", None),
    *_mutate("verifier.suspended", f"CronJob {SYSTEM}/cortex-verify", put("spec/suspend", True)),  # noqa: FBT003
    *_mutate(
        "object.field",
        f"CronJob {SYSTEM}/cortex-verify",
        put("spec/schedule", "0 0 1 1 *"),
        put("spec/concurrencyPolicy", "Allow"),
        put("spec/jobTemplate/spec/template/spec/containers/0/command", ["true"]),
        drop("spec/jobTemplate/spec/backoffLimit"),
        drop("spec/jobTemplate/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation"),
    ),
    *_mutate(
        "object.field",
        f"Deployment {METRICS}",
        put("spec/replicas", 0),
        besides=MEASURING,
    ),
    *_mutate("object.field", f"Service {METRICS}", beyond(put("spec/ports/0/port", 9)), besides=MEASURING),
    *(
        Mutation("object.undeclared", f"{kind} {WORKERS}/stray", {**STRANGER, "spec": spec})
        for kind, spec in (
            ("DaemonSet", STRAY_PODS),
            ("Ingress", {"defaultBackend": {"service": {"name": "stray", "port": {"number": 80}}}}),
            ("PersistentVolumeClaim", STRAY_CLAIM),
            ("Pod", STRAY_POD),
            ("ReplicaSet", {**STRAY_PODS, "replicas": 0}),
            ("Service", {"ports": [{"port": 80}]}),
            ("StatefulSet", {**STRAY_PODS, "replicas": 0, "serviceName": "stray"}),
        )
    ),
    # Two pods of each server run there, and a third of one that is replaced.
    Mutation("usage.quota", f"ResourceQuota {MCP}/{MCP}-quota", put("spec/hard/pods", "4"), {"quota.hard"}, within=30),
]

MUTATIONS: list[Mutation] = [*NAMESPACES, *SERVERS, *RBAC, *NETWORK, *CONFIG, *SECRETS, *OTHERS]
