"""An MCP server: image, transport, probes, resources, who may reach it (seed, sections 2, 3, 6 and 7)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from stacks.base import (
    Count,
    DnsLabel,
    EnvName,
    FileKey,
    LabelKey,
    LabelValue,
    Model,
    Port,
    Seconds,
    matching,
)
from stacks.namespace import Compute

ServerType = Annotated[
    str,
    matching(
        r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?",
        "server type: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit",
    ),
]
"""The type of an MCP server. `<type>-mcp-server` names its Service, hence the 52 and the letter in front."""

HttpPath = Annotated[str, matching(r"/\S*", "HTTP path: begin it with '/' and use no spaces")]
"""The path of a URL."""

Image = Annotated[
    str,
    matching(r"[a-z0-9][-a-zA-Z0-9_./:@]*", "image reference: write for instance ghcr.io/owner/name:1.0.0"),
]
"""An image reference; one without tag and digest is completed by the image lock."""

SecretKey = Annotated[
    str,
    matching(
        r"[A-Za-z][-A-Za-z0-9_.]*",
        "secret's key: use letters, digits, '-', '_' and '.', and begin with a letter",
    ),
]
"""The key of a Pulumi secret: `pulumi config set --secret secrets:KEY`."""


class Probe(Model):
    """An HTTP probe of the kubelet; times in seconds."""

    path: HttpPath
    initial_delay_seconds: Seconds
    period_seconds: Count
    timeout_seconds: Count
    failure_threshold: Count
    success_threshold: Count = 1


class LivenessProbe(Probe):
    """Is the process healthy? Defaults: seed, section 3.2."""

    path: HttpPath = "/health"
    initial_delay_seconds: Seconds = 30
    period_seconds: Count = 10
    timeout_seconds: Count = 5
    failure_threshold: Count = 3


class ReadinessProbe(Probe):
    """Can it accept traffic? Defaults: seed, section 3.2."""

    path: HttpPath = "/ready"
    initial_delay_seconds: Seconds = 10
    period_seconds: Count = 5
    timeout_seconds: Count = 3
    failure_threshold: Count = 3


class StartupProbe(Probe):
    """Has it started? Until then the other probes wait. Defaults: seed, section 3.2 (150 seconds in all)."""

    path: HttpPath = "/startup"
    initial_delay_seconds: Seconds = 0
    period_seconds: Count = 5
    timeout_seconds: Count = 3
    failure_threshold: Count = 30


class Probes(Model):
    """The three probes of an MCP server's container."""

    liveness: LivenessProbe = LivenessProbe()
    readiness: ReadinessProbe = ReadinessProbe()
    startup: StartupProbe = StartupProbe()

    @model_validator(mode="after")
    def _one_success(self) -> "Probes":
        for name, probe in (("liveness", self.liveness), ("startup", self.startup)):
            if probe.success_threshold != 1:
                raise ValueError(f"{name}.successThreshold must be 1: Kubernetes allows more for readiness only")
        return self


class Resources(Model):
    """What the container asks for and may use. Defaults: seed, section 3.2."""

    requests: Compute = Compute(cpu="100m", memory="128Mi")
    limits: Compute = Compute(cpu="500m", memory="512Mi")

    @model_validator(mode="after")
    def _requests_fit_limits(self) -> "Resources":
        if self.requests.exceeds(self.limits):
            raise ValueError("requests are larger than limits: lower requests or raise limits")
        return self


class Client(Model):
    """Who may reach the server: the pods of a namespace, or those of them that carry all the labels."""

    namespace: DnsLabel
    """Any namespace of the cluster, declared here or not."""
    labels: dict[LabelKey, LabelValue] = {}


class KubernetesAccess(Model):
    """What the server may do with the Kubernetes API: a ClusterRole, bound in each namespace alone."""

    cluster_role: str = Field("view", min_length=1)
    namespaces: tuple[DnsLabel, ...] = Field(min_length=1)


class SmokeCall(Model):
    """A harmless tool call that proves the server works; it must answer without an error."""

    tool: str
    arguments: dict[str, str | int | Annotated[float, Field(allow_inf_nan=False)] | bool] = {}


class Server(Model):
    """One MCP server, keyed in the declaration by its type (`talos`, `time` …)."""

    SURGE: ClassVar[int] = 1
    """Pods that a rollout runs beyond `replicas`, so that no replica is missing while it rolls."""

    image: Image
    version: LabelValue
    transport: Literal["http", "stdio"]
    """What the server itself speaks. With `stdio` its image has the bridge in front: the Service is HTTP."""
    capabilities: dict[DnsLabel, tuple[str, ...]] = Field(min_length=1)
    """Capability → the tools that prove it: each must be in the server's `tools/list`."""
    namespace: DnsLabel = "cortex-mcp"
    replicas: Annotated[int, Field(strict=True, ge=0)] = 2
    port: Port = 8080
    """The TCP port of container and Service."""
    path: HttpPath = "/mcp"
    """The HTTP path of the MCP endpoint."""
    args: tuple[str, ...] = ()
    env: dict[EnvName, str] = {}
    config: dict[FileKey, str] = {}
    """Files of the server's ConfigMap, mounted at /etc/mcp/config."""
    secret_env: dict[EnvName, SecretKey] = {}
    """Environment variable → key of a Pulumi secret."""
    secret_files: dict[FileKey, SecretKey] = {}
    """File under /etc/mcp/secrets → key of a Pulumi secret."""
    resources: Resources = Resources()
    probes: Probes = Probes()
    clients: tuple[Client, ...] = ()
    kubernetes: KubernetesAccess | None = None
    smoke: SmokeCall | None = None

    @model_validator(mode="after")
    def _nothing_twice(self) -> "Server":
        both = sorted(set(self.secret_env) & set(self.secret_files))
        if both:
            raise ValueError(f"{both[0]!r} is in secretEnv and in secretFiles: they share one Secret, so name it once")
        both = sorted(set(self.env) & set(self.secret_env))
        if both:
            raise ValueError(f"{both[0]!r} is in env and in secretEnv: only one can be meant, remove the other")
        if len({(client.namespace, *sorted(client.labels.items())) for client in self.clients}) < len(self.clients):
            raise ValueError("clients has the same entry twice: remove one")
        if self.kubernetes and len(set(self.kubernetes.namespaces)) < len(self.kubernetes.namespaces):
            raise ValueError("kubernetes.namespaces has the same entry twice: remove one")
        return self
