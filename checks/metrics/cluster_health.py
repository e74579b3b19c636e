"""The figures and the health of a cluster, from its metrics."""

from enum import StrEnum

import msgspec

from checks.metrics.cluster_metrics import POD, ClusterMetrics

PENDING_PERCENT = 10
"""Percentage of Pending pods above which they are a warning."""
HIGHLY_AVAILABLE_NODES = 3
DENSE_PODS = 100
"""Number of Running pods for each ready node above which more nodes are recommended."""


class HealthStatus(StrEnum):
    """The health of a cluster; `degraded` is worse than `warning`."""

    HEALTHY = "healthy"
    WARNING = "warning"
    DEGRADED = "degraded"


class Figures(msgspec.Struct, frozen=True, rename="camel"):
    """The numbers of nodes, pods and Deployments. A Deployment is available if all its replicas are."""

    nodes: int
    nodes_ready: int
    pods: int
    pods_running: int
    pods_pending: int
    pods_succeeded: int
    pods_failed: int
    pods_unknown: int
    deployments: int
    deployments_available: int
    replicas: int
    replicas_available: int


class Health(msgspec.Struct, frozen=True):
    """The health report."""

    status: HealthStatus
    issues: tuple[str, ...]
    recommendations: tuple[str, ...]


def figures(metrics: ClusterMetrics) -> Figures:
    """Return the figures of a scrape."""
    replicas = metrics.deployments.values()
    phases = metrics.phases
    return Figures(
        nodes=len(metrics.nodes),
        nodes_ready=sum(metrics.nodes.values()),
        pods=metrics.samples.get(POD, 0),
        pods_running=phases.get("Running", 0),
        pods_pending=phases.get("Pending", 0),
        pods_succeeded=phases.get("Succeeded", 0),
        pods_failed=phases.get("Failed", 0),
        pods_unknown=phases.get("Unknown", 0),
        deployments=len(metrics.deployments),
        deployments_available=sum(one.available >= one.wanted for one in replicas),
        replicas=int(sum(one.wanted for one in replicas)),
        replicas_available=int(sum(one.available for one in replicas)),
    )


def crowded(metrics: ClusterMetrics) -> bool:
    """Return whether many pods are Pending. Pods that were created just now are not counted."""
    return len(metrics.stuck) * 100 > metrics.samples.get(POD, 0) * PENDING_PERCENT


def health(metrics: ClusterMetrics) -> Health:
    """Return the health of the cluster: the worst status of its issues."""
    counted = figures(metrics)
    issues, status = [], HealthStatus.HEALTHY
    if crowded(metrics):
        status = HealthStatus.WARNING
        issues.append(f"{len(metrics.stuck)} of {counted.pods} pods are stuck in Pending")
    if counted.nodes_ready < counted.nodes:
        status = HealthStatus.DEGRADED
        issues.append(f"{counted.nodes - counted.nodes_ready} of {counted.nodes} nodes are not ready")
    if metrics.failed:
        status = HealthStatus.DEGRADED
        issues.append(f"{len(metrics.failed)} pods have failed, those of Jobs not counted")
    return Health(status, tuple(issues), tuple(_recommendations(counted)))


def _recommendations(counted: Figures) -> list[str]:
    advice = []
    if counted.nodes_ready < HIGHLY_AVAILABLE_NODES:
        advice.append(f"scale the cluster to at least {HIGHLY_AVAILABLE_NODES} nodes for high availability")
    if counted.pods_running > DENSE_PODS * counted.nodes_ready:
        advice.append(f"consider more nodes: there are more than {DENSE_PODS} running pods for each ready one")
    return advice
