"""What runs in pods: an MCP server, or a companion of one, such as a database, a cache or a gateway."""

from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import Field, JsonValue

from stacks.model.availability import Autoscaling, Disruption
from stacks.model.client import Client
from stacks.model.config_map import Data
from stacks.model.container import Container, EnvValue
from stacks.model.destination import AddressRange, Destination
from stacks.model.exposure import Exposure
from stacks.model.image import Image
from stacks.model.kubernetes_access import KubernetesAccess
from stacks.model.placement import Placement
from stacks.model.probe import CONNECTIONS, WorkloadProbes
from stacks.model.process import Process
from stacks.model.resources import Resources
from stacks.model.rollout import Rollout
from stacks.model.scraping import Scraping
from stacks.model.secret import SecretKey
from stacks.model.security_context import SecurityContext
from stacks.model.service import Service
from stacks.model.service_account import ServiceAccount
from stacks.model.types import (
    LARGEST,
    LEFT_OUT,
    DnsLabel,
    EnvName,
    FileKey,
    LabelKey,
    LabelValue,
    Port,
    Seconds,
    matching,
    spelled_out,
)
from stacks.model.uses import ConfigMapUse, SecretUse
from stacks.model.volume import Volume, WritableFolder

PortName = Annotated[
    str,
    matching(r"(?=.*[a-z])[a-z0-9](-?[a-z0-9]){0,14}", "the name of a port: use at most 15 of a-z, 0-9 and '-'"),
]
"""The name of a port."""

VolumeName = Annotated[
    str,
    matching(
        r"[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?",
        "a volume's name: use at most 30 of a-z, 0-9 and '-', and begin and end with a letter or digit",
    ),
]
"""The name of a volume; shorter than a DNS label, since it is a part of other names."""

PatchedKind = Literal[
    "CiliumNetworkPolicy",
    "ConfigMap",
    "Deployment",
    "HorizontalPodAutoscaler",
    "HTTPRoute",
    "Ingress",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "Service",
    "ServiceAccount",
    "ServiceMonitor",
    "StatefulSet",
]
"""A kind of which a server or a workload can have an object."""

STATEFUL_SET: Final = "StatefulSet"
GRACE_SECONDS = 20
"""Seconds that a pod has to end after SIGTERM; the bridge needs at most 16."""


def replicas(otherwise: int, before: dict[str, Any]) -> int:
    """Return the default number of pods, by the fields before it: the autoscaler's minimum, or `otherwise`."""
    scaling: Autoscaling | None = before["autoscaling"]
    return scaling.min_replicas if scaling else otherwise


class Workload(Process, Placement):
    """A companion of MCP servers, such as a database, a cache or a gateway, under the name of its Service."""

    image: Image
    """Image reference; without tag and digest it is looked up in the image lock (`CORTEX_IMAGES`)."""
    namespace: DnsLabel = "cortex-mcp"
    """A declared namespace."""
    autoscaling: Autoscaling | None = None
    """More pods under load."""
    controller: Annotated[
        Literal["StatefulSet"] | None, spelled_out("Deployment", Literal["Deployment", "StatefulSet"]), LEFT_OUT
    ] = None
    """`StatefulSet` gives each pod a name and claims of its own. A Deployment unless given."""
    replicas: Annotated[int, Field(strict=True, ge=0, le=LARGEST)] = Field(default_factory=partial(replicas, 1))
    """Number of pods (1); with `autoscaling` the number at first, in its range (`minReplicas`)."""
    port: Annotated[Port | None, LEFT_OUT] = None
    """The TCP port of container and Service, named `tcp`. Without it and `ports` there is no Service."""
    ports: Annotated[dict[PortName, Port], LEFT_OUT] = {}
    """More TCP ports of container and Service, by name; what may reach `port` may reach them too."""
    service: Annotated[Service | None, LEFT_OUT] = None
    """How it is reached, besides by pods at its cluster address."""
    exposure: Annotated[Exposure | None, LEFT_OUT] = None
    """A host name for clients outside the cluster."""
    metrics: Annotated[Scraping | None, LEFT_OUT] = None
    """How Prometheus finds its metrics."""
    env: dict[EnvName, EnvValue] = {}
    """Environment variables that are not secret."""
    config: Data = {}
    """Files of its own ConfigMap, mounted at /etc/mcp/config."""
    secret_env: dict[EnvName, SecretKey] = {}
    """Environment variable → key of a Pulumi secret."""
    secret_files: dict[FileKey, SecretKey] = {}
    """File under /etc/mcp/secrets → key of a Pulumi secret."""
    secrets: tuple[SecretUse, ...] = ()
    """Declared Secrets that the container uses."""
    config_maps: tuple[ConfigMapUse, ...] = ()
    """Declared ConfigMaps that the container uses."""
    egress: tuple[Destination, ...] = ()
    """Destinations that it may connect to besides DNS, what it is a client of and, if declared, the Kubernetes API."""
    disruption: Disruption = Disruption()
    """How many pods may be unavailable while nodes are drained."""
    resources: Resources = Resources()
    """CPU and memory of the container."""
    probes: WorkloadProbes = CONNECTIONS
    """How the kubelet checks its health: by a connection to `port`, if it has one, unless given."""
    rollout: Annotated[Rollout | None, LEFT_OUT] = None
    """How its pods are replaced when it changes."""
    termination_grace_period_seconds: Annotated[Seconds | None, LEFT_OUT] = None
    """Seconds that a pod has to end, before it is killed: 20 unless given."""
    service_account: Annotated[ServiceAccount | None, LEFT_OUT] = None
    """The ServiceAccount of its pods."""
    volumes: Annotated[dict[VolumeName, Volume], LEFT_OUT] = {}
    """Name → volume."""
    writable: Annotated[tuple[WritableFolder, ...], LEFT_OUT] = ()
    """Folders that are writable, although the root file system is not; /tmp always is."""
    init_containers: Annotated[dict[DnsLabel, Container], LEFT_OUT] = {}
    """Name → container that runs to its end before the main container starts, in this order."""
    sidecars: Annotated[dict[DnsLabel, Container], LEFT_OUT] = {}
    """Name → container that runs beside the main container, and starts before it."""
    security_context: Annotated[SecurityContext | None, LEFT_OUT] = None
    """What its pods may do besides the defaults."""
    labels: Annotated[dict[LabelKey, LabelValue], LEFT_OUT] = {}
    """More labels of its Deployment and pods."""
    annotations: Annotated[dict[LabelKey, str], LEFT_OUT] = {}
    """More annotations of its Deployment and pods."""
    patch: Annotated[dict[PatchedKind, dict[str, JsonValue]], LEFT_OUT] = {}
    """Kind of one of its objects → fields that are merged into the object last, for what has no setting.

    Mappings are merged, and so are lists whose items have names; other values replace what is there, and `null` removes
    it. What is patched is verified like what is declared."""
    clients: tuple[Client, ...] = ()
    """The only pods that may reach it. Those of servers and workloads are allowed to connect to it, too."""
    client_ranges: Annotated[tuple[AddressRange, ...], LEFT_OUT] = ()
    """Addresses that may reach it besides pods, for a Service of type NodePort or LoadBalancer."""
    kubernetes: KubernetesAccess | None = None
    """Its permissions on the Kubernetes API; without them its pods have no token."""

    def beside(self) -> dict[str, Container]:
        """Return the containers beside its own, by their place in the declaration."""
        places = {"sidecars": self.sidecars, "initContainers": self.init_containers}
        return {f"{place}.{name}": one for place, group in places.items() for name, one in group.items()}

    def reached_at(self) -> tuple[int, ...]:
        """Return the ports of its container that clients may reach."""
        return (*([self.port] if self.port else []), *self.ports.values())

    @property
    def has_own_secret(self) -> bool:
        """Return whether the stack makes a Secret for it alone."""
        return bool(self.secret_env or self.secret_files)

    @property
    def serves_tls(self) -> bool:
        """Return whether `port` is known to serve HTTPS."""
        return False

    @property
    def grace_seconds(self) -> int:
        """Return how many seconds a pod has to end."""
        declared = self.termination_grace_period_seconds
        return GRACE_SECONDS if declared is None else declared

    @property
    def service_port(self) -> int | None:
        """Return the port of its Service that leads to `port`."""
        return (self.service and self.service.port) or self.port

    @property
    def surge(self) -> int:
        """Return how many pods a rollout runs in addition to `replicas`."""
        return 0 if self.rollout and self.rollout.strategy == "Recreate" else 1


def controller(declared: Workload) -> str:
    """Return the kind of object that runs its pods."""
    return declared.controller or "Deployment"
