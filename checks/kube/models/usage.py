"""The current use of pods, from metrics.k8s.io (Metrics Server)."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import Meta, Object, Text


class ContainerUsage(Object, frozen=True):
    """The use of a container: `cpu` in cores, `memory` in bytes, as Kubernetes quantities."""

    usage: Text = {}


class PodMetrics(Object, frozen=True):
    """The use of a pod's containers."""

    metadata: Meta
    containers: list[ContainerUsage] = []
