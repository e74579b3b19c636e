"""Check the manifests that a stack takes as they are against its namespaces."""

from collections.abc import Iterator

from stacks.model.declaration import Declaration
from stacks.model.manifest_document import namespace_of

_IN_NAMESPACES = {
    "v1": {
        "ConfigMap",
        "Endpoints",
        "Event",
        "LimitRange",
        "PersistentVolumeClaim",
        "Pod",
        "ReplicationController",
        "ResourceQuota",
        "Service",
        "ServiceAccount",
    },
    "apps/v1": {"DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"},
    "autoscaling/v2": {"HorizontalPodAutoscaler"},
    "batch/v1": {"CronJob", "Job"},
    "networking.k8s.io/v1": {"Ingress", "NetworkPolicy"},
    "policy/v1": {"PodDisruptionBudget"},
    "rbac.authorization.k8s.io/v1": {"Role", "RoleBinding"},
}
"""Kinds of Kubernetes itself whose objects lie in namespaces; of others, only the cluster knows."""


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    known = (*declaration.namespaces, *declaration.existing_namespaces)
    for file, documents in declaration.manifests.items():
        for number, document in enumerate(documents):
            path, namespace = f"manifests.{file}.{number}", namespace_of(document)
            if namespace and namespace not in known:
                yield (
                    f"{path}: namespace {namespace!r} is not declared: add it under cortex:namespaces or "
                    f"cortex:existingNamespaces, or use one of {', '.join(known)}"
                )
            elif not namespace and document["kind"] in _IN_NAMESPACES.get(str(document["apiVersion"]), ()):
                yield f"{path}: is a {document['kind']} without a namespace: give metadata.namespace"
