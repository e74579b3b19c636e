"""The kinds of objects that a stack can declare, and their paths."""

from collections.abc import Mapping
from typing import Any, cast

from checks.kube import models as k8s
from checks.kube.client import Kind
from stacks.manifests.manifest import Value

Document = dict[str, Value]
"""A live object as JSON."""

_JSON = cast("type[Document]", dict)

_CORE = "api/v1"
_RBAC = "apis/rbac.authorization.k8s.io/v1"
_PROMETHEUS = "apis/monitoring.coreos.com/v1"

CLUSTER_WIDE: dict[str, Kind[Document]] = {
    "Namespace": Kind(_CORE, "namespaces", _JSON),
    "ClusterRole": Kind(_RBAC, "clusterroles", _JSON),
    "ClusterRoleBinding": Kind(_RBAC, "clusterrolebindings", _JSON),
}
"""Cluster-scoped kinds."""

NAMESPACED: dict[str, Kind[Document]] = {
    "ConfigMap": Kind(_CORE, "configmaps", _JSON),
    "CronJob": Kind("apis/batch/v1", "cronjobs", _JSON),
    "Deployment": Kind("apis/apps/v1", "deployments", _JSON),
    "HorizontalPodAutoscaler": Kind("apis/autoscaling/v2", "horizontalpodautoscalers", _JSON),
    "Job": Kind("apis/batch/v1", "jobs", _JSON),
    "LimitRange": Kind(_CORE, "limitranges", _JSON),
    "NetworkPolicy": Kind("apis/networking.k8s.io/v1", "networkpolicies", _JSON),
    "PodDisruptionBudget": Kind("apis/policy/v1", "poddisruptionbudgets", _JSON),
    "ResourceQuota": Kind(_CORE, "resourcequotas", _JSON),
    "Role": Kind(_RBAC, "roles", _JSON),
    "RoleBinding": Kind(_RBAC, "rolebindings", _JSON),
    "Service": Kind(_CORE, "services", _JSON),
    "ServiceAccount": Kind(_CORE, "serviceaccounts", _JSON),
}
"""Namespaced kinds, without Secrets, which are never listed, but read by name."""

IN_EXISTING = frozenset(NAMESPACED) - {"CronJob", "Job", "LimitRange", "ResourceQuota"} | {
    "CiliumNetworkPolicy",
    "Event",
    "Pod",
}
"""Kinds that are also read in existing namespaces: there the stack has objects of no other kinds."""

RARE: dict[str, Kind[Document]] = {
    "CiliumNetworkPolicy": Kind("apis/cilium.io/v2", "ciliumnetworkpolicies", _JSON),
    "ExternalSecret": Kind("apis/external-secrets.io/v1", "externalsecrets", _JSON),
    "HTTPRoute": Kind("apis/gateway.networking.k8s.io/v1", "httproutes", _JSON),
    "Ingress": Kind("apis/networking.k8s.io/v1", "ingresses", _JSON),
    "PersistentVolumeClaim": Kind(_CORE, "persistentvolumeclaims", _JSON),
    "PrometheusRule": Kind(_PROMETHEUS, "prometheusrules", _JSON),
    "ServiceMonitor": Kind(_PROMETHEUS, "servicemonitors", _JSON),
    "StatefulSet": Kind("apis/apps/v1", "statefulsets", _JSON),
}
"""Kinds that few stacks declare, or few clusters serve; they are listed only if an object of the kind is declared."""

NODES = Kind(_CORE, "nodes", k8s.Node)
PODS = Kind(_CORE, "pods", k8s.Pod)
POD_SUMMARIES = Kind(_CORE, "pods", k8s.PodSummary)
EVENTS = Kind(_CORE, "events", k8s.Event)
CONFIG_MAPS = Kind(_CORE, "configmaps", k8s.ConfigMap)
QUOTAS = Kind(_CORE, "resourcequotas", k8s.Quota)
LEASES = Kind("apis/coordination.k8s.io/v1", "leases", k8s.Lease)

RESOURCES: dict[str, Kind[Any]] = {**CLUSTER_WIDE, **NAMESPACED, **RARE, "Node": NODES, "Pod": PODS, "Event": EVENTS}
"""All kinds that a check can need. Of nodes, pods and events only the fields of their models are decoded."""

PROBE_LABEL = "cortex.dev/probe"
"""The label of probe Jobs and their pods, which have clients' labels but do not belong to the stack."""

SELECTORS = {"Pod": (f"!{PROBE_LABEL}", ""), "Event": ("", "type=Warning")}
"""The label selector and the field selector with which a kind is listed."""


def label_selector(labels: Mapping[str, str]) -> str:
    """Return the label selector of the objects that have all these labels."""
    return ",".join(f"{key}={value}" for key, value in labels.items())
