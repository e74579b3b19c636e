"""The mutations of stack `local`: what is changed, and the finding that has to say so."""

from checks.results.catalogue import catalogue
from tests.checks.mutations.live import Json
from tests.checks.mutations.mutation import Mutation, add, annotation, beyond, container, drop, label, mutate, put

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
    *mutate(
        "namespace.label",
        f"Namespace {WORKERS}",
        put(label("environment"), "drift"),
        drop(label("cortex.dev/component")),
    ),
    *mutate(
        "namespace.annotation",
        f"Namespace {WORKERS}",
        put(annotation("cortex.dev/owner"), "drift"),
        drop(annotation("cortex.dev/description")),
    ),
    *mutate(
        "namespace.pod-security",
        f"Namespace {WORKERS}",
        put(label("pod-security.kubernetes.io/enforce"), "privileged"),
        drop(label("pod-security.kubernetes.io/warn")),
        put(label("pod-security.kubernetes.io/enforce-version"), "v1.20"),
    ),
    Mutation("namespace.undeclared", "Namespace cortex-stray", STRANGER),
    Mutation("namespace.undeclared", "Namespace cortex-other", {}),
    Mutation("quota.undeclared", f"ResourceQuota {WORKERS}/tight", {"spec": {"hard": {"pods": "100"}}}),
    Mutation("limits.undeclared", f"LimitRange {WORKERS}/tight", {"spec": {"limits": []}}),
    *mutate("quota.missing", f"ResourceQuota {WORKERS}/{WORKERS}-quota", None),
    *mutate(
        "quota.hard",
        f"ResourceQuota {WORKERS}/{WORKERS}-quota",
        put("spec/hard/pods", "51"),
        put("spec/hard/requests.cpu", "100"),
        drop("spec/hard/limits.memory"),
        beyond(put("spec/hard/services", "5")),
    ),
    *mutate("limits.missing", f"LimitRange {WORKERS}/{WORKERS}-limits", None),
    *mutate(
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
    *mutate(
        "server.image",
        f"Deployment {TIME}",
        put(container("image"), "registry.invalid/other:1"),
        besides=ROLLING,
    ),
    *mutate(
        "server.probe",
        f"Deployment {TIME}",
        drop(container("livenessProbe")),
        put(container("readinessProbe/periodSeconds"), 99),
        put(container("startupProbe/httpGet/path"), "/elsewhere"),
        put(container("livenessProbe/failureThreshold"), 99),
        besides=ROLLING,
    ),
    *mutate(
        "server.label",
        f"Deployment {TIME}",
        put(label("mcp.cortex.dev/version"), "drift"),
        drop(label("mcp.cortex.dev/protocol")),
    ),
    *mutate(
        "server.annotation",
        f"Deployment {TIME}",
        drop(annotation("mcp.cortex.dev/capabilities")),
        put(annotation("mcp.cortex.dev/endpoint"), "http://elsewhere.invalid/"),
    ),
    *mutate(
        "server.spec",
        f"Deployment {TIME}",
        beyond(put(container("args"), ["--drift"])),
        beyond(add(container("env"), {"name": "DRIFT", "value": "1"})),
        put(container("resources/limits/memory"), "600Mi"),
        put(container("securityContext/readOnlyRootFilesystem"), False),  # noqa: FBT003 - the field's value
        beyond(put(container("securityContext/runAsGroup"), 0)),
        drop(container("securityContext/allowPrivilegeEscalation")),
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
    *mutate("server.spec", f"Deployment {TIME}", beyond(put("spec/paused", True)), besides=ROLLING),  # noqa: FBT003
    *mutate("object.foreign-field", f"Deployment {TIME}", put("spec/minReadySeconds", 1), besides=ROLLING),
    *mutate(
        "object.foreign-pod-field",
        f"Deployment {TIME}",
        put("spec/template/spec/priorityClassName", "system-cluster-critical"),
        put("spec/template/spec/hostAliases", [{"ip": "127.0.0.1", "hostnames": ["drift.invalid"]}]),
        put("spec/template/spec/imagePullSecrets", [{"name": "drift"}]),
        put(container("lifecycle"), {"preStop": {"sleep": {"seconds": 1}}}),
        besides=ROLLING,
    ),
    Mutation("server.missing", f"Deployment {TIME}", None, ROLLING),
    Mutation("server.undeclared", f"Deployment {MCP}/rogue", ROGUE),
    Mutation("server.undeclared", f"Deployment {WORKERS}/rogue", ROGUE),
    Mutation("server.undeclared", f"Deployment {MCP}/shadow", SHADOW),
    Mutation("service.missing", f"Service {TIME}", None),
    *mutate("service.port", f"Service {TIME}", beyond(put("spec/ports/0/port", 9)), put("spec/ports/0/targetPort", 9)),
    *mutate(
        "service.selector",
        f"Service {TIME}",
        put("spec/selector/app", "drift"),
        drop("spec/selector/mcp.cortex.dev~type"),
        besides=ELSEWHERE,
    ),
    # The API server then sets externalTrafficPolicy in the editor's name.
    *mutate(
        "object.field",
        f"Service {TIME}",
        beyond(put("spec/externalIPs", ["192.0.2.1"])),
        besides={"object.foreign-service-field"},
    ),
    *mutate(
        "object.foreign-service-field",
        f"Service {TIME}",
        put("spec/publishNotReadyAddresses", True),  # noqa: FBT003 - the field's value
    ),
    *mutate("object.label", f"Service {TIME}", drop(label("app"))),
    *mutate("object.missing", f"PodDisruptionBudget {TIME}", None),
    *mutate("object.field", f"PodDisruptionBudget {TIME}", put("spec/maxUnavailable", 2)),
]

RBAC = [
    *mutate("rbac.missing", f"RoleBinding {WORKERS}/cortex-resource-manager-binding", None, besides=RIGHTS),
    *mutate("rbac.missing", f"Role {MCP}/cortex-mcp-manager", None, besides=RIGHTS),
    *mutate("rbac.missing", "ClusterRoleBinding cortex-resource-manager-read", None, besides=RIGHTS),
    *mutate(
        "rbac.token",
        f"ServiceAccount {SYSTEM}/cortex-resource-manager",
        put("automountServiceAccountToken", True),  # noqa: FBT003
        drop("automountServiceAccountToken"),
    ),
    *mutate("object.foreign-right", f"ServiceAccount {TIME}", put("imagePullSecrets", [{"name": "drift"}])),
    *mutate(
        "rbac.rules",
        "ClusterRole cortex-resource-manager-role",
        put("rules/0/verbs", ["*"]),
        beyond(add("rules", {"apiGroups": [""], "resources": ["nodes/proxy"], "verbs": ["get"]})),
        drop("rules/0"),
        besides=RIGHTS,
    ),
    *mutate("rbac.rules", f"Role {MCP}/cortex-mcp-manager", put("rules/0/resources", ["*"]), besides=RIGHTS),
    *mutate(
        "rbac.subjects",
        f"RoleBinding {MCP}/cortex-mcp-manager-binding",
        put("subjects/0/name", "default"),
        beyond(
            add("subjects", {"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"})
        ),
        besides=RIGHTS,
    ),
    *mutate("rbac.subjects", "ClusterRoleBinding kube-state-metrics", drop("subjects"), besides=RIGHTS),
    *mutate("object.label", "ClusterRole kube-state-metrics", drop(label("cortex.dev/component"))),
    Mutation("object.undeclared", f"ServiceAccount {WORKERS}/stray", STRANGER),
]

NETWORK = [
    *mutate("network.missing", f"NetworkPolicy {WORKERS}/default-deny", None),
    *mutate("network.missing", f"NetworkPolicy {WORKERS}/allow-dns", None),
    *mutate(
        "network.policy",
        f"NetworkPolicy {WORKERS}/default-deny",
        beyond(put("spec/ingress", [{}])),
        beyond(put("spec/podSelector", {"matchLabels": {"drift": "yes"}})),
        put("spec/policyTypes", ["Egress"]),
    ),
    *mutate(
        "network.policy",
        f"NetworkPolicy {TIME}",
        beyond(add("spec/ingress/0/from", {"namespaceSelector": {}})),
        beyond(add("spec/ingress/0/ports", {"port": 9999, "protocol": "TCP"})),
        drop("spec/ingress/0/ports"),
    ),
    *mutate(
        "network.policy",
        f"NetworkPolicy {WORKERS}/allow-dns",
        beyond(add("spec/egress", {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]})),
        drop("spec/egress/0/to"),
    ),
    Mutation("network.undeclared", f"NetworkPolicy {WORKERS}/open", OPEN),
]

CONFIG = [
    *mutate("config.missing", f"ConfigMap {MCP}/time-mcp-config", None, besides=READ),
    *mutate(
        "config.data",
        f"ConfigMap {MCP}/time-mcp-config",
        put("data/server-config.yaml", "server: {}"),
        beyond(put("data/more", "1")),
        drop("data/server-config.yaml"),
        besides=READ,
    ),
    *mutate("object.label", f"ConfigMap {MCP}/time-mcp-config", drop(label("cortex.dev/component"))),
    *mutate(
        "object.foreign-data", f"ConfigMap {MCP}/time-mcp-config", put("binaryData", {"other": "MQ=="}), besides=READ
    ),
    Mutation("object.undeclared", f"ConfigMap {WORKERS}/stray", STRANGER, frozenset({"config.unused"})),
    *mutate("declaration.missing", f"ConfigMap {SYSTEM}/cortex-declaration", None),
    *mutate(
        "declaration.corrupt",
        f"ConfigMap {SYSTEM}/cortex-declaration",
        put(annotation("cortex.dev/declaration-hash"), "0" * 64),
        put("data/declaration.json", "{}"),
    ),
]

SECRETS = [
    *mutate("secret.missing", f"Secret {CREDENTIALS}", None),
    *mutate("secret.keys", f"Secret {CREDENTIALS}", drop("data/TIME_API_TOKEN"), beyond(put("data/more", "MQ=="))),
    *mutate(
        "secret.content",
        f"Secret {CREDENTIALS}",
        put("data/TIME_API_TOKEN", "MQ=="),
        drop(annotation("cortex.dev/checksum")),
    ),
    *mutate("object.label", f"Secret {CREDENTIALS}", drop(label("app"))),
    Mutation("secret.unused", f"Secret {WORKERS}/stray", STRANGER),
    *mutate(
        "secret.stale-pods",
        f"Deployment {TIME}",
        put("spec/template/metadata/annotations/cortex.dev~checksum", "0" * 64),
        besides=ROLLING,
    ),
]

OTHERS = [
    *mutate("object.missing", f"Service {METRICS}", None, besides=MEASURING),
    *mutate("object.missing", f"CronJob {SYSTEM}/cortex-verify", None),
    *mutate("verifier.suspended", f"CronJob {SYSTEM}/cortex-verify", put("spec/suspend", True)),  # noqa: FBT003
    *mutate(
        "object.field",
        f"CronJob {SYSTEM}/cortex-verify",
        put("spec/schedule", "0 0 1 1 *"),
        put("spec/concurrencyPolicy", "Allow"),
        put("spec/jobTemplate/spec/template/spec/containers/0/command", ["true"]),
        drop("spec/jobTemplate/spec/backoffLimit"),
        drop("spec/jobTemplate/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation"),
    ),
    *mutate(
        "object.field",
        f"Deployment {METRICS}",
        put("spec/replicas", 0),
        besides=MEASURING,
    ),
    *mutate("object.field", f"Service {METRICS}", beyond(put("spec/ports/0/port", 9)), besides=MEASURING),
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
