"""An MCP server: image, transport, probes, resources, who may reach it (seed, sections 2, 3, 6 and 7)."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from stacks.model.availability import Autoscaling, Disruption
from stacks.model.config_map import Data
from stacks.model.destination import Destination
from stacks.model.image import Image
from stacks.model.namespace import Compute
from stacks.model.probe import HttpPath, Probes
from stacks.model.secret import SecretKey
from stacks.model.types import (
    LARGEST,
    DnsLabel,
    EnvName,
    FileKey,
    LabelKey,
    LabelValue,
    Model,
    Port,
    matching,
)

ServerType = Annotated[
    str,
    matching(
        r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?",
        "server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit",
    ),
]
"""The type of an MCP server. `<type>-mcp-server` names its Service, hence the 52 and the letter in front."""


class Resources(Model):
    """What the container asks for and may use. Defaults: seed, section 3.2."""

    requests: Compute = Compute(cpu="100m", memory="128Mi")
    """What is kept for it."""
    limits: Compute = Compute(cpu="500m", memory="512Mi")
    """What it cannot exceed."""

    @model_validator(mode="after")
    def _requests_fit_limits(self) -> "Resources":
        if self.requests.exceeds(self.limits):
            raise ValueError("requests are larger than limits: lower requests or raise limits")
        return self


Folder = Annotated[
    str,
    matching(
        r"(/(?!\.{1,2}(/|$))[-A-Za-z0-9_.]+)+",
        "folder: write for instance /etc/talos, without '..' and without '/' at the end",
    ),
]
"""The absolute path of a folder in a container."""


class Client(Model):
    """Who may reach the server: the pods of a namespace, or those of them that carry all the labels."""

    namespace: DnsLabel
    """Any namespace of the cluster, declared here or not."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels that its pods carry; none means all pods."""


RoleName = Annotated[str, matching(r"(?!\.{1,2}$)[^/%]+", "role name: use neither '/' nor '%'")]
"""The name of a role; it may have a ':', as in `system:node`."""


class KubernetesAccess(Model):
    """What the server may do with the Kubernetes API: a ClusterRole, bound in each namespace alone."""

    cluster_role: RoleName = "view"
    """A ClusterRole of the cluster."""
    namespaces: tuple[DnsLabel, ...] = Field(min_length=1)
    """Declared namespaces in which it is bound."""


class SecretUse(Model):
    """A declared Secret (cortex:secrets) in the server's container: as variables, as files, or both."""

    name: DnsLabel
    """Name of the Secret."""
    env: dict[EnvName, FileKey] = {}
    """Environment variable → key."""
    mount: Folder | None = None
    """Folder of the container that shows the keys as files, read-only."""

    @model_validator(mode="after")
    def _used(self) -> "SecretUse":
        if not self.env and self.mount is None:
            raise ValueError("is not used: give env, mount, or both")
        return self


class ConfigMapUse(Model):
    """A declared ConfigMap (cortex:configMaps) in the server's container (seed, section 7.3)."""

    name: DnsLabel
    """Name of the ConfigMap."""
    env_from: bool = False
    """Every key becomes an environment variable."""
    mount: Folder | None = None
    """Folder of the container that shows the keys as files, read-only."""

    @model_validator(mode="after")
    def _used(self) -> "ConfigMapUse":
        if not self.env_from and self.mount is None:
            raise ValueError("is not used: give envFrom, mount, or both")
        return self


class SmokeCall(Model):
    """A harmless tool call that proves the server works; it must answer without an error."""

    tool: str
    """Name of the tool."""
    arguments: dict[str, str | int | Annotated[float, Field(allow_inf_nan=False)] | bool] = {}
    """Its arguments."""


def _replicas(before: dict[str, Any]) -> int:
    """Give the number of pods where none is said, by the fields before it."""
    scaling: Autoscaling | None = before["autoscaling"]
    return scaling.min_replicas if scaling else 2


class Server(Model):
    """One MCP server, keyed in the declaration by its type (`talos`, `time` …)."""

    SURGE: ClassVar[int] = 1
    """Pods that a rollout runs beyond `replicas`, so that no replica is missing while it rolls."""

    image: Image
    """Image reference; without tag and digest it is looked up in the image lock (`CORTEX_IMAGES`)."""
    version: LabelValue
    """Label `mcp.cortex.dev/version`."""
    transport: Literal["http", "stdio"]
    """What the server itself speaks. With `stdio` its image has the bridge in front: the Service is HTTP."""
    capabilities: dict[DnsLabel, tuple[str, ...]] = Field(min_length=1)
    """Capability → the tools that prove it: each must be in the server's `tools/list`."""
    namespace: DnsLabel = "cortex-mcp"
    """A declared namespace."""
    autoscaling: Autoscaling | None = None
    """More pods under load."""
    replicas: Annotated[int, Field(strict=True, ge=0, le=LARGEST)] = Field(default_factory=_replicas)
    """How many pods (2); with `autoscaling` how many at first, a number in its range (`minReplicas`)."""
    port: Port = 8080
    """The TCP port of container and Service."""
    path: HttpPath = "/mcp"
    """The HTTP path of the MCP endpoint."""
    args: tuple[str, ...] = ()
    """Arguments of the container."""
    env: dict[EnvName, str] = {}
    """Environment variables that are not secret."""
    config: Data = {}
    """Files of the server's ConfigMap, mounted at /etc/mcp/config."""
    secret_env: dict[EnvName, SecretKey] = {}
    """Environment variable → key of a Pulumi secret."""
    secret_files: dict[FileKey, SecretKey] = {}
    """File under /etc/mcp/secrets → key of a Pulumi secret."""
    secrets: tuple[SecretUse, ...] = ()
    """Declared Secrets that the container uses."""
    config_maps: tuple[ConfigMapUse, ...] = ()
    """Declared ConfigMaps that the container uses."""
    egress: tuple[Destination, ...] = ()
    """Where it may connect to beyond DNS and, where declared, the Kubernetes API."""
    disruption: Disruption = Disruption()
    """How many pods may be away while nodes are drained."""
    resources: Resources = Resources()
    """CPU and memory of the container."""
    probes: Probes = Probes()
    """How the kubelet asks for its health."""
    clients: tuple[Client, ...] = ()
    """Who may reach it; nobody else can."""
    kubernetes: KubernetesAccess | None = None
    """Its rights on the Kubernetes API; without them it has no token."""
    smoke: SmokeCall | None = None
    """A call that verification makes."""
