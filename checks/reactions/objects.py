"""The fields of pods and nodes that handlers read, which are more than those that the checks read."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from datetime import datetime

from checks.kube import models as k8s
from checks.kube.client import Kind


class Condition(k8s.Condition, frozen=True):
    """A condition, and since when it has this status."""

    last_transition_time: datetime | None = None


class Requests(k8s.Object, frozen=True):
    """What a container requests."""

    requests: k8s.Text = {}


class Resources(Requests, frozen=True):
    """What a container requests, and its limits."""

    limits: k8s.Text = {}


class HttpGet(k8s.Object, frozen=True):
    """A request that a probe sends."""

    port: int | str
    path: str = "/"
    scheme: str = "HTTP"


class TcpSocket(k8s.Object, frozen=True):
    """A port that a probe connects to."""

    port: int | str


class Grpc(k8s.Object, frozen=True):
    """A port whose gRPC health service a probe asks."""

    port: int
    service: str | None = None


class Exec(k8s.Object, frozen=True):
    """A command that a probe runs in the container."""

    command: list[str] = []


class Probe(k8s.Object, frozen=True):
    """A probe of a container."""

    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    grpc: Grpc | None = None
    exec: Exec | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3


class Sized(k8s.Object, frozen=True):
    """A container, as far as it takes room on a node."""

    resources: Requests = Requests()
    restart_policy: str = ""
    """`Always` makes an init container a sidecar."""


class Container(Sized, frozen=True, kw_only=True):
    """A container of a pod."""

    name: str
    image: str = ""
    resources: Resources = Resources()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None


class Toleration(k8s.Object, frozen=True):
    """Taints that a pod accepts."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""


class PodSpec(k8s.Object, frozen=True):
    """A pod's specification."""

    containers: list[Container] = []
    init_containers: list[Container] = []
    node_name: str = ""
    node_selector: k8s.Text = {}
    tolerations: list[Toleration] = []
    overhead: k8s.Text = {}


class ContainerStatus(k8s.ContainerStatus, frozen=True):
    """A container's status; `started` says whether its startup probe has succeeded."""

    started: bool | None = None


class PodStatus(k8s.Object, frozen=True):
    """A pod's status."""

    phase: str = "Unknown"
    conditions: list[Condition] = []
    container_statuses: list[ContainerStatus] = []
    init_container_statuses: list[ContainerStatus] = []


class Pod(k8s.Object, frozen=True):
    """A pod."""

    metadata: k8s.PodMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    def container(self, name: str) -> Container | None:
        """Return a container or init container; without a name, the only container."""
        every = [*self.spec.containers, *self.spec.init_containers]
        if not name:
            return every[0] if len(every) == 1 else None
        return next((one for one in every if one.name == name), None)

    def container_status(self, name: str) -> ContainerStatus | None:
        """Return the status of a container or init container; None if it has none yet."""
        every = [*self.status.container_statuses, *self.status.init_container_statuses]
        return next((one for one in every if one.name == name), None)


class OccupantSpec(k8s.Object, frozen=True):
    """A pod's specification, as far as it takes room on a node."""

    node_name: str = ""
    containers: list[Sized] = []
    init_containers: list[Sized] = []
    overhead: k8s.Text = {}


class Occupant(k8s.Object, frozen=True):
    """A pod, as far as it takes room on a node: of a large cluster, all pods are in memory at the same time."""

    spec: OccupantSpec = OccupantSpec()


class Taint(k8s.Object, frozen=True):
    """A taint of a node."""

    key: str
    effect: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


class NodeSpec(k8s.Object, frozen=True):
    """A node's specification."""

    unschedulable: bool = False
    taints: list[Taint] = []


class NodeStatus(k8s.Object, frozen=True):
    """A node's status."""

    allocatable: k8s.Text = {}
    conditions: list[Condition] = []


class Node(k8s.Object, frozen=True):
    """A node."""

    metadata: k8s.Meta
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def ready(self) -> bool:
        """Return whether its kubelet says that it is ready."""
        return any(each.type == "Ready" and each.status == "True" for each in self.status.conditions)


PODS = Kind("api/v1", "pods", Pod)
OCCUPANTS = Kind("api/v1", "pods", Occupant)
NODES = Kind("api/v1", "nodes", Node)

UNFINISHED = "status.phase!=Succeeded,status.phase!=Failed"
"""The field selector of pods that occupy their node."""
