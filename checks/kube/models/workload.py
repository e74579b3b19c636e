"""Pods and Deployments."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from collections.abc import Sequence
from datetime import datetime

import msgspec

from checks.kube.models.base import Condition, Meta, Object, PodMeta, Text


class ContainerPort(Object, frozen=True):
    """A port of a container."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"


class Container(Object, frozen=True):
    """A container of a pod, or of a pod template."""

    name: str
    image: str = ""
    ports: list[ContainerPort] = []


class PodPlace(Object, frozen=True):
    """Where a pod runs."""

    node_name: str = ""


class PodSpec(PodPlace, frozen=True):
    """A pod's specification."""

    containers: list[Container] = []
    init_containers: list[Container] = []
    ephemeral_containers: list[Container] = []


class Running(Object, frozen=True):
    """The state of a running container."""

    started_at: datetime | None = None


class Waiting(Object, frozen=True):
    """The state of a waiting container."""

    reason: str = ""
    message: str = ""


class Terminated(Object, frozen=True):
    """The state of a terminated container."""

    reason: str = ""
    exit_code: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""


class ContainerState(Object, frozen=True):
    """A container's state."""

    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class Restarts(Object, frozen=True):
    """How often a container was restarted."""

    restart_count: int = 0


class ContainerStatus(Restarts, frozen=True, kw_only=True):
    """A container's status."""

    name: str
    ready: bool = False
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodState(Object, frozen=True):
    """The part of a pod's status that says whether it works."""

    phase: str = "Unknown"
    pod_ip: str = msgspec.field(default="", name="podIP")
    conditions: list[Condition] = []
    container_statuses: Sequence[Restarts] = []


class PodStatus(PodState, frozen=True):
    """A pod's status."""

    start_time: datetime | None = None
    reason: str = ""
    message: str = ""
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class PodSummary(Object, frozen=True):
    """A pod without its containers: enough to follow it, and decoded in less time."""

    metadata: Meta
    spec: PodPlace = PodPlace()
    status: PodState = PodState()

    @property
    def ready(self) -> bool:
        """Return whether it is Running and Ready, and not being deleted."""
        return (
            self.metadata.deletion_timestamp is None
            and self.status.phase == "Running"
            and any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)
        )

    @property
    def restarts(self) -> int:
        """Return the number of restarts of its containers."""
        return sum(status.restart_count for status in self.status.container_statuses)

    @property
    def live(self) -> bool:
        """Return whether it is neither finished nor being deleted."""
        return self.metadata.deletion_timestamp is None and self.status.phase not in ("Succeeded", "Failed")


class Pod(PodSummary, frozen=True):
    """A pod."""

    metadata: PodMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class TemplateMeta(Object, frozen=True):
    """The metadata of a pod template, which has no name."""

    labels: Text = {}
    annotations: Text = {}


class Template(Object, frozen=True):
    """A pod template."""

    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


class DeploymentSpec(Object, frozen=True):
    """A Deployment's specification."""

    template: Template
    replicas: int = 1


class DeploymentStatus(Object, frozen=True):
    """A Deployment's status."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    conditions: list[Condition] = []


class Deployment(Object, frozen=True):
    """A Deployment."""

    metadata: Meta
    spec: DeploymentSpec
    status: DeploymentStatus = DeploymentStatus()
