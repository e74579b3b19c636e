"""What keeps an MCP server up while nodes are drained, and lets it grow under load."""

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes.autoscaling.v2 import (
    CrossVersionObjectReferenceArgs,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerSpecArgs,
    MetricSpecArgs,
    MetricTargetArgs,
    ResourceMetricSourceArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from stacks import names
from stacks.availability import Autoscaling
from stacks.server import Server


def disruption_budget(
    kind: str, server: Server, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> PodDisruptionBudget:
    """Bound how many of a server's pods a drain may evict at once."""
    name = names.server(kind)
    return PodDisruptionBudget(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        spec=PodDisruptionBudgetSpecArgs(
            max_unavailable=server.disruption.max_unavailable,
            selector=LabelSelectorArgs(match_labels=names.server_selector(kind)),
            # Else pods that never become ready would block every drain.
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
        opts=opts,
    )


def autoscaler(
    kind: str, server: Server, scaling: Autoscaling, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> HorizontalPodAutoscaler:
    """Let the cluster choose the number of a server's pods, by their use of CPU."""
    name = names.server(kind)
    target = MetricTargetArgs(type="Utilization", average_utilization=scaling.cpu_percent)
    return HorizontalPodAutoscaler(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        spec=HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=CrossVersionObjectReferenceArgs(api_version="apps/v1", kind="Deployment", name=name),
            min_replicas=scaling.min_replicas,
            max_replicas=scaling.max_replicas,
            metrics=[
                MetricSpecArgs(type="Resource", resource=ResourceMetricSourceArgs(name="cpu", target=target)),
            ],
        ),
        opts=opts,
    )
