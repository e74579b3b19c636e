"""An MCP server: its image, transport, probes, resources and clients."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from stacks.model.availability import Autoscaling, Disruption
from stacks.model.config_map import Data
from stacks.model.destination import Destination
from stacks.model.image import Image
from stacks.model.kubernetes_access import KubernetesAccess
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
        "a server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit",
    ),
]
"""The type of an MCP server. Its Service is called `<type>-mcp-server`, hence the 52 and the letter in front."""


class Resources(Model):
    """CPU and memory of a container."""

    requests: Compute = Compute(cpu="100m", memory="128Mi")
    """What is reserved for it."""
    limits: Compute = Compute(cpu="500m", memory="512Mi")
    """The most that it can use."""

    @model_validator(mode="after")
    def _requests_fit_limits(self) -> "Resources":
        if self.requests.exceeds(self.limits):
            raise ValueError("requests are larger than limits: lower requests or raise limits")
        return self


Folder = Annotated[
    str,
    matching(
        r"(/(?!\.{1,2}(/|$))[-A-Za-z0-9_.]+)+",
        "a folder: write for instance /etc/talos, without '..' and without '/' at the end",
    ),
]
"""The absolute path of a folder in a container."""


class Client(Model):
    """Pods that may reach the server: those of a namespace, or those of them that have all the labels."""

    namespace: DnsLabel
    """Any namespace of the cluster, declared or not."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels of its pods; empty means all pods."""


class SecretUse(Model):
    """A declared Secret (cortex:secrets) that the server's container reads: as variables, as files, or both."""

    name: DnsLabel
    """Key of the Secret under cortex:secrets."""
    env: dict[EnvName, FileKey] = {}
    """Environment variable → key."""
    mount: Folder | None = None
    """Folder of the container that has the keys as read-only files."""

    @model_validator(mode="after")
    def _used(self) -> "SecretUse":
        if not self.env and self.mount is None:
            raise ValueError("is not used: give env, mount, or both")
        return self


class ConfigMapUse(Model):
    """A declared ConfigMap (cortex:configMaps) that the server's container reads."""

    name: DnsLabel
    """Key of the ConfigMap under cortex:configMaps."""
    env_from: bool = False
    """Every key becomes an environment variable."""
    mount: Folder | None = None
    """Folder of the container that has the keys as read-only files."""

    @model_validator(mode="after")
    def _used(self) -> "ConfigMapUse":
        if not self.env_from and self.mount is None:
            raise ValueError("is not used: give envFrom, mount, or both")
        return self


class SmokeCall(Model):
    """A harmless tool call by which a verification checks that the server works; it must succeed."""

    tool: str
    """Name of the tool."""
    arguments: dict[str, str | int | Annotated[float, Field(allow_inf_nan=False)] | bool] = {}
    """Its arguments."""


def _replicas(before: dict[str, Any]) -> int:
    """Return the default number of pods, by the fields before it."""
    scaling: Autoscaling | None = before["autoscaling"]
    return scaling.min_replicas if scaling else 2


class Server(Model):
    """One MCP server, keyed in the declaration by its type (`talos`, `time` …)."""

    SURGE: ClassVar[int] = 1
    """Pods that a rollout runs in addition to `replicas`."""

    image: Image
    """Image reference; without tag and digest it is looked up in the image lock (`CORTEX_IMAGES`)."""
    version: LabelValue
    """Label `mcp.cortex.dev/version`."""
    transport: Literal["http", "stdio"]
    """The transport of the server itself. With `stdio` its image has the bridge in front, which serves HTTP."""
    capabilities: dict[DnsLabel, tuple[str, ...]] = Field(min_length=1)
    """Capability → its tools: each must be in the server's `tools/list`."""
    namespace: DnsLabel = "cortex-mcp"
    """A declared namespace."""
    autoscaling: Autoscaling | None = None
    """More pods under load."""
    replicas: Annotated[int, Field(strict=True, ge=0, le=LARGEST)] = Field(default_factory=_replicas)
    """Number of pods (2); with `autoscaling` the number at first, in its range (`minReplicas`)."""
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
    """Destinations that it may connect to besides DNS and, if declared, the Kubernetes API."""
    disruption: Disruption = Disruption()
    """How many pods may be unavailable while nodes are drained."""
    resources: Resources = Resources()
    """CPU and memory of the container."""
    probes: Probes = Probes()
    """How the kubelet checks its health."""
    clients: tuple[Client, ...] = ()
    """The only pods that may reach it."""
    kubernetes: KubernetesAccess | None = None
    """Its permissions on the Kubernetes API; without them its pods have no token."""
    smoke: SmokeCall | None = None
    """A tool call that a verification makes."""
