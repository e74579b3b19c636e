"""Nodes, namespaces, quotas, limits, Services, ConfigMaps and events."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from datetime import datetime

import msgspec

from checks.kube.models.base import Condition, Meta, Object, Text


class Version(Object, frozen=True):
    """The answer of /version."""

    git_version: str


class NodeAddress(Object, frozen=True):
    """An address of a node; `type` is InternalIP, ExternalIP, Hostname or another one."""

    type: str
    address: str


class NodeInfo(Object, frozen=True):
    """What the kubelet reports of its node."""

    kubelet_version: str = ""


class NodeSpec(Object, frozen=True):
    """A node's specification."""

    unschedulable: bool = False


class NodeStatus(Object, frozen=True):
    """A node's status."""

    conditions: list[Condition] = []
    addresses: list[NodeAddress] = []
    node_info: NodeInfo = NodeInfo()


class Node(Object, frozen=True):
    """A node."""

    metadata: Meta
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def ready(self) -> bool:
        """Return whether its condition Ready is true."""
        return any(one.type == "Ready" and one.status == "True" for one in self.status.conditions)


class NamespaceStatus(Object, frozen=True):
    """A namespace's status."""

    phase: str = "Active"


class Namespace(Object, frozen=True):
    """A namespace."""

    metadata: Meta
    status: NamespaceStatus = NamespaceStatus()


class QuotaSpec(Object, frozen=True):
    """The limits of a ResourceQuota."""

    hard: Text = {}


class QuotaStatus(Object, frozen=True):
    """The limits and the use according to the quota controller; empty until it has counted."""

    hard: Text = {}
    used: Text = {}


class Quota(Object, frozen=True):
    """A ResourceQuota."""

    metadata: Meta
    spec: QuotaSpec = QuotaSpec()
    status: QuotaStatus = QuotaStatus()


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
    cluster_ip: str = msgspec.field(default="", name="clusterIP")


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
    namespace: str = ""
    field_path: str = ""
    """The part that it is about, such as `spec.containers{main}`."""


class EventSource(Object, frozen=True):
    """Who reported an event."""

    component: str = ""


class EventSeries(Object, frozen=True):
    """A repeated event."""

    count: int = 0
    last_observed_time: datetime | None = None


class Event(Object, frozen=True):
    """An event."""

    metadata: Meta
    involved_object: Involved = Involved()
    reason: str = ""
    message: str = ""
    type: str = ""
    count: int = 0
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None
    source: EventSource | None = None
    reporting_component: str = ""

    @property
    def seen(self) -> datetime | None:
        """Return when it was last seen; the field depends on the reporter's version of the API."""
        series = self.series.last_observed_time if self.series else None
        return series or self.last_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def begun(self) -> datetime | None:
        """Return when it was first seen."""
        return self.first_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def times(self) -> int:
        """Return how often it was seen."""
        return max(self.series.count if self.series else 0, self.count, 1)
