"""The permissions of the stack's accounts.

CLUSTER_MANAGER has all permissions of the resource manager; those of `scope: namespaces` are derived from it.
"""

from dataclasses import dataclass, replace

READ = ("get", "list", "watch")
WRITE = (*READ, "create", "update", "patch", "delete")


@dataclass(frozen=True)
class Rule:
    """One rule of a Role or ClusterRole."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    resource_names: tuple[str, ...] = ()
    """Names of the objects that it applies to; empty means all."""
    urls: tuple[str, ...] = ()
    """Paths instead of groups and resources; for the whole cluster only."""


CORE = ("",)

CLUSTER_MANAGER = (
    Rule(CORE, ("nodes",), READ),
    Rule(CORE, ("namespaces",), WRITE),
    Rule(CORE, ("pods", "pods/log", "pods/status"), WRITE),
    Rule(CORE, ("services", "endpoints"), WRITE),
    Rule(CORE, ("configmaps",), WRITE),
    Rule(CORE, ("secrets",), READ),
    Rule(CORE, ("resourcequotas", "limitranges"), (*READ, "create", "update", "patch")),
    Rule(CORE, ("persistentvolumes", "persistentvolumeclaims"), WRITE),
    Rule(("apps",), ("deployments", "replicasets", "statefulsets", "daemonsets"), WRITE),
    Rule(("batch",), ("jobs", "cronjobs"), WRITE),
    Rule(CORE, ("events",), READ),
    Rule(("metrics.k8s.io",), ("nodes", "pods"), ("get", "list")),
    Rule(("apiextensions.k8s.io",), ("customresourcedefinitions",), READ),
)
"""ClusterRole `cortex-resource-manager-role` with `scope: cluster`."""

_MCP_PODS = Rule(CORE, ("pods", "pods/log"), (*READ, "create", "delete"))
_MCP_REST = (
    Rule(CORE, ("services",), (*READ, "create", "update", "patch")),
    Rule(("apps",), ("deployments",), WRITE),
)
MCP_MANAGER = (_MCP_PODS, *_MCP_REST)
"""Role `cortex-mcp-manager` without commands in pods."""
MCP_MANAGER_EXEC = (replace(_MCP_PODS, resources=(*_MCP_PODS.resources, "pods/exec")), *_MCP_REST)
"""Role `cortex-mcp-manager` with `scope: cluster`: with commands in pods."""

# WebSocket clients open the stream by GET, SPDY clients by POST.
EXEC = (Rule(CORE, ("pods/exec",), ("get", "create")),)
"""Running commands in the pods of a namespace."""

_GROUPS_OF_THE_CLUSTER = {"apiextensions.k8s.io", "metrics.k8s.io"}
_KINDS_OF_THE_CLUSTER = {"nodes", "namespaces", "persistentvolumes"}


def namespace_manager() -> tuple[Rule, ...]:
    """Return the rules of CLUSTER_MANAGER on namespaced resources, without Secrets."""
    elsewhere = _KINDS_OF_THE_CLUSTER | {"secrets"}
    return tuple(
        replace(rule, resources=kept)
        for rule in CLUSTER_MANAGER
        if not _GROUPS_OF_THE_CLUSTER.issuperset(rule.groups)
        and (kept := tuple(kind for kind in rule.resources if kind not in elsewhere))
    )


def cluster_reader() -> tuple[Rule, ...]:
    """Return the rules of CLUSTER_MANAGER on cluster-wide resources and metrics, with verbs that read."""
    return tuple(
        replace(rule, resources=kept, verbs=tuple(verb for verb in rule.verbs if verb in READ))
        for rule in CLUSTER_MANAGER
        if (
            kept := rule.resources
            if _GROUPS_OF_THE_CLUSTER.issuperset(rule.groups)
            else tuple(kind for kind in rule.resources if kind in _KINDS_OF_THE_CLUSTER)
        )
    )


def secret_reader(secrets: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rule to get these Secrets by name. Listing is not granted, because a list has the values of all."""
    return (Rule(CORE, ("secrets",), ("get",), secrets),)


_METRICS_OF = {
    "": (
        "configmaps",
        "endpoints",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "replicationcontrollers",
        "resourcequotas",
        "services",
    ),
    "admissionregistration.k8s.io": ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "certificates.k8s.io": ("certificatesigningrequests",),
    "coordination.k8s.io": ("leases",),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "policy": ("poddisruptionbudgets",),
    "storage.k8s.io": ("storageclasses", "volumeattachments"),
}
# The default collectors of kube-state-metrics (the same in v2.10 and v2.15), without Secrets.

KUBE_STATE_METRICS = tuple(Rule((group,), kinds, ("list", "watch")) for group, kinds in _METRICS_OF.items())
"""ClusterRole of kube-state-metrics."""

KUBE_STATE_METRICS_RESOURCES = tuple(sorted(kind for kinds in _METRICS_OF.values() for kind in kinds))
"""The collectors that these rules allow."""
