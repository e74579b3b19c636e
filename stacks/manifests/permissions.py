"""What the stack's accounts may do, as data: stacks.manifests writes it into roles, the checks compare it with them.

The resource manager's rules are the seed's (section 5.2), written once; what `scope: namespaces` grants is derived.
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
    """The only objects that it is about; none named means all."""


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
"""The seed's ClusterRole `cortex-resource-manager-role`, verbatim (section 5.2)."""

_MCP_PODS = Rule(CORE, ("pods", "pods/log"), (*READ, "create", "delete"))
_MCP_REST = (
    Rule(CORE, ("services",), (*READ, "create", "update", "patch")),
    Rule(("apps",), ("deployments",), WRITE),
)
MCP_MANAGER = (_MCP_PODS, *_MCP_REST)
"""The seed's Role `cortex-mcp-manager` (section 5.4), without commands in pods."""
MCP_MANAGER_EXEC = (replace(_MCP_PODS, resources=(*_MCP_PODS.resources, "pods/exec")), *_MCP_REST)
"""The same verbatim: with commands in pods."""

# A client opens the stream by GET (WebSocket) or by POST (SPDY).
EXEC = (Rule(CORE, ("pods/exec",), ("get", "create")),)
"""Running commands in the pods of a namespace."""

_GROUPS_OF_THE_CLUSTER = {"apiextensions.k8s.io", "metrics.k8s.io"}
_KINDS_OF_THE_CLUSTER = {"nodes", "namespaces", "persistentvolumes"}


def namespace_manager() -> tuple[Rule, ...]:
    """Give the part of the seed's ClusterRole that is bound by namespace: all that lies in one, but Secrets."""
    elsewhere = _KINDS_OF_THE_CLUSTER | {"secrets"}
    return tuple(
        replace(rule, resources=kept)
        for rule in CLUSTER_MANAGER
        if not _GROUPS_OF_THE_CLUSTER.issuperset(rule.groups)
        and (kept := tuple(kind for kind in rule.resources if kind not in elsewhere))
    )


def cluster_reader() -> tuple[Rule, ...]:
    """Give the rest of the seed's ClusterRole, to be read only: what lies in no namespace, and the metrics."""
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
    """Give the right to read these Secrets of a namespace, and to list none: a list shows every one."""
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
# kube-state-metrics' default collectors (v2.10 and v2.15 have the same), but Secrets.

KUBE_STATE_METRICS = tuple(Rule((group,), kinds, ("list", "watch")) for group, kinds in _METRICS_OF.items())
"""What kube-state-metrics reads."""

KUBE_STATE_METRICS_RESOURCES = tuple(sorted(kind for kinds in _METRICS_OF.values() for kind in kinds))
"""The collectors that it may run with these rules."""
