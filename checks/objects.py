"""The fields of Kubernetes objects that the judges read; everything else in an answer is skipped while decoding."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
Text = dict[str, str]


class Object(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What every Kubernetes structure here shares: camelCase on the wire, absent fields at their zero."""


class ListMeta(Object, frozen=True):
    """Where the next page of a list begins."""

    continue_: str = msgspec.field(default="", name="continue")


class ListOf(Object, Generic[T], frozen=True):
    """One page of a list."""

    items: list[T]
    metadata: ListMeta = ListMeta()


class Meta(Object, frozen=True):
    """An object's metadata."""

    name: str
    namespace: str = ""
    generation: int = 0
    labels: Text = {}
    annotations: Text = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class Version(Object, frozen=True):
    """The answer of /version."""

    git_version: str


class Condition(Object, frozen=True):
    """A condition of a node, pod or Deployment."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class NodeStatus(Object, frozen=True):
    """A node's status."""

    conditions: list[Condition] = []


class Node(Object, frozen=True):
    """A node."""

    metadata: Meta
    status: NodeStatus = NodeStatus()


class NamespaceStatus(Object, frozen=True):
    """A namespace's status."""

    phase: str = "Active"


class Namespace(Object, frozen=True):
    """A namespace."""

    metadata: Meta
    status: NamespaceStatus = NamespaceStatus()


class QuotaSpec(Object, frozen=True):
    """What a ResourceQuota allows at most."""

    hard: Text = {}


class Quota(Object, frozen=True):
    """A ResourceQuota."""

    metadata: Meta
    spec: QuotaSpec = QuotaSpec()


class Limit(Object, frozen=True):
    """One item of a LimitRange."""

    type: str
    max: Text = {}
    min: Text = {}
    default: Text = {}
    default_request: Text = {}


class LimitSpec(Object, frozen=True):
    """The items of a LimitRange."""

    limits: list[Limit] = []


class LimitRange(Object, frozen=True):
    """A LimitRange."""

    metadata: Meta
    spec: LimitSpec = LimitSpec()


class HttpGet(Object, frozen=True):
    """The request of an HTTP probe."""

    path: str = "/"
    port: int | str = 0


class Probe(Object, frozen=True):
    """A probe, with the API server's defaults."""

    http_get: HttpGet | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3
    success_threshold: int = 1


class ContainerPort(Object, frozen=True):
    """A port that a container names."""

    container_port: int
    name: str = ""


class Container(Object, frozen=True):
    """A container of a pod template."""

    name: str
    image: str = ""
    ports: list[ContainerPort] = []
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None


class PodSpec(Object, frozen=True):
    """A pod's specification."""

    containers: list[Container] = []


class Waiting(Object, frozen=True):
    """Why a container waits."""

    reason: str = ""
    message: str = ""


class Terminated(Object, frozen=True):
    """How a container ended."""

    reason: str = ""
    exit_code: int = 0


class ContainerState(Object, frozen=True):
    """A container's state."""

    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(Object, frozen=True):
    """A container's status."""

    name: str
    ready: bool = False
    restart_count: int = 0
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class PodStatus(Object, frozen=True):
    """A pod's status."""

    phase: str = "Unknown"
    reason: str = ""
    message: str = ""
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class Pod(Object, frozen=True):
    """A pod."""

    metadata: Meta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        """Tell whether it is Running and Ready, and stays."""
        return (
            self.metadata.deletion_timestamp is None
            and self.status.phase == "Running"
            and any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)
        )

    @property
    def live(self) -> bool:
        """Tell whether it runs, or is to run: neither finished nor being deleted."""
        return self.metadata.deletion_timestamp is None and self.status.phase not in ("Succeeded", "Failed")


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


class ServicePort(Object, frozen=True):
    """A port of a Service."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: int | str = 0


class ServiceSpec(Object, frozen=True):
    """A Service's specification."""

    ports: list[ServicePort] = []
    selector: Text = {}


class Service(Object, frozen=True):
    """A Service."""

    metadata: Meta
    spec: ServiceSpec = ServiceSpec()


class ConfigMap(Object, frozen=True):
    """A ConfigMap."""

    metadata: Meta
    data: Text = {}


class Involved(Object, frozen=True):
    """The object that an event is about."""

    kind: str = ""
    name: str = ""


class EventSeries(Object, frozen=True):
    """A repeated event."""

    last_observed_time: datetime | None = None


class Event(Object, frozen=True):
    """An event."""

    metadata: Meta
    involved_object: Involved = Involved()
    reason: str = ""
    message: str = ""
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None

    @property
    def seen(self) -> datetime | None:
        """Give when it was last seen; which field says so depends on who wrote it."""
        series = self.series.last_observed_time if self.series else None
        return series or self.last_timestamp or self.event_time or self.metadata.creation_timestamp
