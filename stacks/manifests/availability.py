"""The PodDisruptionBudget and the HorizontalPodAutoscaler of an MCP server."""

from typing import cast

from stacks.manifests.labels import owner_labels
from stacks.manifests.manifest import Manifest, Value, given
from stacks.model import names
from stacks.model.availability import Autoscaling
from stacks.model.server import Server, controller


def disruption_budget(kind: str, server: Server) -> Manifest:
    """Return the budget of a server: how many of its pods a drain may evict at once."""
    spec: Value = {
        "maxUnavailable": server.disruption.max_unavailable,
        "selector": {"matchLabels": names.server_selector(kind)},
        # Otherwise pods that never become ready would block every drain.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return Manifest(
        "policy/v1",
        "PodDisruptionBudget",
        names.server(kind),
        server.namespace,
        owner_labels(kind),
        content={"spec": spec},
    )


def autoscaler(kind: str, server: Server, scaling: Autoscaling) -> Manifest:
    """Return the autoscaler that sets the number of a server's pods by their use of CPU and memory."""
    name = names.server(kind)
    percent = given({"cpu": scaling.cpu_percent, "memory": scaling.memory_percent})
    spec: Value = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": controller(server), "name": name},
        "minReplicas": scaling.min_replicas,
        "maxReplicas": scaling.max_replicas,
        "metrics": [_metric(resource, value) for resource, value in percent.items()],
        **({"behavior": cast("Value", scaling.behavior)} if scaling.behavior else {}),
    }
    return Manifest(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        name,
        server.namespace,
        owner_labels(kind),
        content={"spec": spec},
    )


def _metric(resource: str, percent: Value) -> Value:
    target: Value = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": resource, "target": target}}
