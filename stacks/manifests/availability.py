"""The PodDisruptionBudget and the HorizontalPodAutoscaler of a server or workload."""

from typing import cast

from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.owned import owned
from stacks.model.availability import Autoscaling
from stacks.model.owner import Owner
from stacks.model.workload import Workload, controller


def disruption_budget(owner: Owner, declared: Workload) -> Manifest:
    """Return the budget: how many of its pods a drain may evict at once."""
    spec: Value = {
        "maxUnavailable": declared.disruption.max_unavailable,
        "selector": {"matchLabels": owner.selector},
        # Otherwise pods that never become ready would block every drain.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return owned(owner, declared, "policy/v1", "PodDisruptionBudget", spec)


def autoscaler(owner: Owner, declared: Workload, scaling: Autoscaling) -> Manifest:
    """Return the autoscaler that sets the number of its pods by their use of CPU and memory."""
    percent = given({"cpu": scaling.cpu_percent, "memory": scaling.memory_percent})
    spec: Value = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": controller(declared), "name": owner.name},
        "minReplicas": scaling.min_replicas,
        "maxReplicas": scaling.max_replicas,
        "metrics": [_metric(resource, value) for resource, value in percent.items()],
        **({"behavior": cast("Value", scaling.behavior)} if scaling.behavior else {}),
    }
    return owned(owner, declared, "autoscaling/v2", "HorizontalPodAutoscaler", spec)


def _metric(resource: str, percent: Value) -> Value:
    target: Value = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": resource, "target": target}}
