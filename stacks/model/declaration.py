"""The declaration of a stack: its cluster, namespaces, MCP servers and all other parts."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, model_validator

from stacks.model import names
from stacks.model.agent import Agent
from stacks.model.authorization import SecretValue
from stacks.model.cluster_dns import DOMAIN, ClusterDns
from stacks.model.config_map import ConfigMap
from stacks.model.custom_resources import CustomResource
from stacks.model.destination import AddressRange
from stacks.model.followed import Followed
from stacks.model.kube_state_metrics import Alerts, KubeStateMetrics
from stacks.model.manifest_document import ManifestDocument
from stacks.model.namespace import Namespace
from stacks.model.owner import SERVERS, WORKLOADS, Owner
from stacks.model.resource_manager import ResourceManager
from stacks.model.rotation import Rotator
from stacks.model.secret import Secret
from stacks.model.server import Server, ServerType
from stacks.model.suppression import Suppression
from stacks.model.talos import Talos
from stacks.model.types import (
    LEFT_OUT,
    LEFT_OUT_IF_NONE,
    Count,
    DnsLabel,
    DnsSubdomain,
    Hashed,
    LabelValue,
    Model,
    matching,
)
from stacks.model.verifier import Verifier
from stacks.model.workload import Workload

WorkloadName = Annotated[
    str,
    matching(
        r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?",
        "a workload's name: use at most 52 of a-z, 0-9 and '-', begin with a letter, end with a letter or digit",
    ),
]
"""The name of a workload and of its Service. A StatefulSet adds 11 characters to it in a label, hence the 52."""

_FILES = WithJsonSchema({"type": "array", "items": {"type": "string"}})
"""In a stack file these are paths; the loader replaces them by file → manifests."""
_FILE = WithJsonSchema({"type": "string"})
"""In a stack file this is a path; the loader replaces it by server → tool → definition as JSON."""


class Cluster(Model):
    """The cluster that the stack owns."""

    context: str = Field(min_length=1)
    """The kubeconfig context to use. The current context is never used instead."""
    environment: LabelValue
    """Value of the label `environment` on every namespace, for instance `production`."""
    nodes: Count = 1
    """How many nodes the cluster must have, all of them Ready."""
    network_policies: Literal["enforced", "ignored"] = "enforced"
    """Whether the cluster's network enforces NetworkPolicies."""
    custom_resources: tuple[CustomResource, ...] = ()
    """Custom resources whose definitions the cluster has, so that objects of them can be declared."""
    api_servers: tuple[AddressRange, ...] = ()
    """Addresses of the Kubernetes API. Pods that need it may reach only these; if none are given, any address."""
    image_pull_secrets: tuple[DnsSubdomain, ...] = ()
    """Secrets with which nodes pull images, in each namespace with pods; a declared one only in its own namespace."""
    dns: Annotated[ClusterDns | None, LEFT_OUT] = None
    """Where its DNS answers, if not at the pods `k8s-app: kube-dns` of kube-system on port 53."""
    domain: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """The domain of Services, if it is not `cluster.local`."""

    @model_validator(mode="after")
    def _once(self) -> "Cluster":
        if len(set(self.image_pull_secrets)) < len(self.image_pull_secrets):
            raise ValueError("imagePullSecrets has the same entry twice: remove one")
        return self

    def name_servers(self) -> ClusterDns:
        """Return where its DNS answers."""
        return self.dns or ClusterDns()

    def service_domain(self) -> str:
        """Return the domain of its Services."""
        return self.domain or DOMAIN


class Declaration(Hashed):
    """The `cortex:` settings of `Pulumi.<stack>.yaml`."""

    cluster: Cluster
    """The cluster that the stack owns."""
    namespaces: dict[DnsLabel, Namespace] = Field(min_length=1)
    """Name → namespace; `cortex-system` must be among them."""
    existing_namespaces: Annotated[tuple[DnsLabel, ...], LEFT_OUT] = ()
    """Namespaces that the stack uses and does not own, such as `default`: it changes and deletes nothing in them but
    its own objects."""
    servers: dict[ServerType, Server] = {}
    """Type (`talos`, `time` …) → MCP server."""
    workloads: Annotated[dict[WorkloadName, Workload], LEFT_OUT] = {}
    """Name → companion of MCP servers, such as a database, a cache or a gateway."""
    secrets: dict[DnsLabel, Secret] = {}
    """Name → Secret."""
    config_maps: dict[DnsLabel, ConfigMap] = {}
    """Name → ConfigMap."""
    resource_manager: ResourceManager | None = None
    """The resource manager's account and permissions."""
    kube_state_metrics: KubeStateMetrics | None = None
    """Metrics of the cluster's objects, and alerts on them."""
    verifier: Verifier | None = None
    """Verification inside the cluster."""
    rotator: Annotated[Rotator | None, LEFT_OUT] = None
    """Rotation of Secrets on a schedule."""
    agent: Annotated[Agent | None, LEFT_OUT] = None
    """What follows the cluster's events and objects."""
    talos: Annotated[Talos | None, LEFT_OUT] = None
    """Talos Linux on the nodes: what a verification expects of the Talos API."""
    manifests: Annotated[dict[str, tuple[ManifestDocument, ...]], LEFT_OUT, _FILES] = Field(default_factory=dict)
    """YAML files relative to the project, with Kubernetes manifests that are deployed and verified as they are."""
    tool_lock: Annotated[dict[str, dict[str, str]] | None, LEFT_OUT_IF_NONE, _FILE] = None
    """A file relative to the project, which `cortex mcp lock` writes: what each MCP server says of each of its tools. A
    tool that is new, gone or described differently is a finding."""
    suppressions: tuple[Suppression, ...] = ()
    """Findings that are accepted until a day."""

    def __hash__(self) -> int:
        # Mappings are not hashable; names distinguish most declarations.
        return hash((self.cluster.context, frozenset(self.namespaces), frozenset(self.servers)))

    def running(self) -> dict[Owner, Workload]:
        """Return every MCP server and every workload."""
        servers: dict[Owner, Workload] = {Owner(SERVERS, kind): server for kind, server in self.servers.items()}
        return servers | {Owner(WORKLOADS, name): workload for name, workload in self.workloads.items()}

    def connects_to(self, client: Owner) -> list[Owner]:
        """Return the servers and workloads that name this one as their client."""
        return [
            owner
            for owner, declared in self.running().items()
            if owner != client and any(one.owner == client for one in declared.clients)
        ]

    def occupied_namespaces(self) -> tuple[str, ...]:
        """Return the namespaces in which the stack has more than roles: its own, then existing ones."""
        occupied = {declared.namespace for declared in self.running().values()}
        occupied |= {secret.namespace for secret in self.secrets.values()}
        occupied |= {config_map.namespace for config_map in self.config_maps.values()}
        occupied |= {self.kube_state_metrics.namespace} if self.kube_state_metrics else set()
        return (*self.namespaces, *(name for name in self.existing_namespaces if name in occupied))

    def followed(self) -> Followed:
        """Return what the agent needs to know of it."""
        return Followed(
            context=self.cluster.context,
            domain=self.cluster.service_domain(),
            namespaces=tuple(sorted(self.occupied_namespaces())),
            servers={kind: server.namespace for kind, server in self.servers.items()},
            restarts=self.thresholds().restarts,
            agent=self.agent,
        )

    def credential(self, kind: str) -> SecretValue | None:
        """Return the token or client secret of a verification of a server, with the name of its Secret, not the key."""
        authorization = self.servers[kind].authorization
        _, stored = (authorization and authorization.stored) or ("", None)
        if stored is None or stored.secret not in self.secrets:
            return stored
        return stored.model_copy(update={"secret": self.secrets[stored.secret].called(stored.secret)})

    def thresholds(self) -> Alerts:
        """Return the thresholds of its alerts; the defaults if it declares none."""
        return (self.kube_state_metrics and self.kube_state_metrics.alerts) or Alerts()

    def webhook_secrets(self) -> dict[str, str]:
        """Return the name of the Secret of each webhook of the agent."""
        hooks = self.agent.webhooks.items() if self.agent else ()
        return {
            name: self.secrets[hook.secret].called(hook.secret) for name, hook in hooks if hook.secret in self.secrets
        }

    def rotations(self) -> dict[str, tuple[Owner, ...]]:
        """Return each Secret that is rotated on a schedule, by its key → the servers and workloads that read it."""
        return {
            key: tuple(owner for owner, one in self.running().items() if any(use.name == key for use in one.secrets))
            for key, secret in self.secrets.items()
            if secret.rotation
        }

    def component(self, namespace: str) -> str:
        """Return the label `cortex.dev/component` of the Secrets and ConfigMaps of a namespace."""
        owned = self.namespaces.get(namespace)
        return owned.component if owned else names.MCP_SERVER_APP

    def images(self) -> dict[str, str]:
        """Return every image reference by its path in the declaration."""
        images = {f"{owner.path}.image": declared.image for owner, declared in self.running().items()}
        for owner, declared in self.running().items():
            bridge = declared.bridge if isinstance(declared, Server) else None
            images |= {f"{owner.path}.bridge": bridge} if bridge else {}
            images |= {f"{owner.path}.{place}.image": one.image for place, one in declared.beside().items()}
            probes = declared.probes.exchanges()
            images |= {f"{owner.path}.probes.{name}.mcp.image": one.image for name, one in probes.items()}
        if self.kube_state_metrics:
            images["kubeStateMetrics.image"] = self.kube_state_metrics.image
        if self.verifier:
            images["verifier.image"] = self.verifier.image
        if self.rotator:
            images["rotator.image"] = self.rotator.image
        if self.agent:
            images["agent.image"] = self.agent.image
        return images
