"""The figures and the health of a cluster, out of its metrics; the thresholds are the seed's (section 9.3)."""

from enum import StrEnum

import msgspec

from checks.metrics.cluster_metrics import POD, ClusterMetrics

PENDING_PERCENT = 10
"""More of the pods than this Pending are many."""
HIGHLY_AVAILABLE_NODES = 3
DENSE_PODS = 100
"""More Running pods on each ready node than this are dense."""


class HealthStatus(StrEnum):
    """How a cluster is: `degraded` has lost something, `warning` is on the way."""

    HEALTHY = "healthy"
    WARNING = "warning"
    DEGRADED = "degraded"


class Figures(msgspec.Struct, frozen=True, rename="camel"):
    """How many nodes, pods and Deployments there are. An available Deployment has all replicas that it asks for."""

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
    """Count what the metrics tell."""
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
    """Tell whether many pods are Pending, and not only because they were made just now."""
    return len(metrics.stuck) * 100 > metrics.samples.get(POD, 0) * PENDING_PERCENT


def health(metrics: ClusterMetrics) -> Health:
    """Judge the cluster. Where the seed lets a later warning replace a degradation, the worse of both counts here."""
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
