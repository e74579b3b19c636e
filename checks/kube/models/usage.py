"""What pods use at the moment, as metrics.k8s.io tells it (the seed's Metrics Server)."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import Meta, Object, Text


class ContainerUsage(Object, frozen=True):
    """What a container uses: `cpu` in cores, `memory` in bytes, as Kubernetes quantities."""

    usage: Text = {}


class PodMetrics(Object, frozen=True):
    """What a pod's containers use."""

    metadata: Meta
    containers: list[ContainerUsage] = []
