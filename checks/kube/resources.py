"""The kinds of objects that a stack may declare, and where the API server has them."""

from typing import cast

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
"""What lies in no namespace."""

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
"""What lies in a namespace. Secrets are not among them: nobody lists those, they are asked for by name."""

CUSTOM: dict[str, Kind[Document]] = {
    "ExternalSecret": Kind("apis/external-secrets.io/v1", "externalsecrets", _JSON),
    "PrometheusRule": Kind(_PROMETHEUS, "prometheusrules", _JSON),
    "ServiceMonitor": Kind(_PROMETHEUS, "servicemonitors", _JSON),
}
"""What only some clusters know; asked for where an object of the kind is declared."""
