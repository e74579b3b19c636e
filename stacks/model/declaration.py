"""The declaration of a stack: its cluster, namespaces and MCP servers. Components and checks read it."""

import hashlib
import json
from typing import Literal

from pydantic import Field, model_validator

from stacks.model.config_map import ConfigMap
from stacks.model.custom_resources import CustomResource
from stacks.model.destination import AddressRange
from stacks.model.kube_state_metrics import KubeStateMetrics
from stacks.model.namespace import Namespace
from stacks.model.resource_manager import ResourceManager
from stacks.model.secret import Secret
from stacks.model.server import Server, ServerType
from stacks.model.suppression import Suppression
from stacks.model.types import Count, DnsLabel, DnsSubdomain, LabelValue, Model
from stacks.model.verifier import Verifier


class Cluster(Model):
    """The cluster that the stack owns."""

    context: str = Field(min_length=1)
    """The kubeconfig context to use; pinned, so that a stack never lands on whichever is current."""
    environment: LabelValue
    """Value of the label `environment` on every namespace, for instance `production`."""
    nodes: Count = 1
    """How many nodes the cluster must have, all of them Ready."""
    network_policies: Literal["enforced", "ignored"] = "enforced"
    """Whether the cluster's network enforces NetworkPolicies."""
    custom_resources: tuple[CustomResource, ...] = ()
    """Custom resources whose definitions the cluster has, so that objects of them can be declared."""
    api_servers: tuple[AddressRange, ...] = ()
    """Where the Kubernetes API is: pods that need it reach only these, and with none given any address on its ports."""
    image_pull_secrets: tuple[DnsSubdomain, ...] = ()
    """Secrets with which nodes pull images, in each namespace with pods; a declared one is used in its own alone."""

    @model_validator(mode="after")
    def _once(self) -> "Cluster":
        if len(set(self.image_pull_secrets)) < len(self.image_pull_secrets):
            raise ValueError("imagePullSecrets has the same entry twice: remove one")
        return self


class Declaration(Model):
    """All that a stack declares: the `cortex:` settings of `Pulumi.<stack>.yaml`."""

    cluster: Cluster
    """The cluster that the stack owns."""
    namespaces: dict[DnsLabel, Namespace] = Field(min_length=1)
    """Name → namespace; `cortex-system` must be among them."""
    servers: dict[ServerType, Server] = {}
    """Type (`talos`, `time` …) → MCP server."""
    secrets: dict[DnsLabel, Secret] = {}
    """Name → Secret."""
    config_maps: dict[DnsLabel, ConfigMap] = {}
    """Name → ConfigMap."""
    resource_manager: ResourceManager | None = None
    """The resource manager's account and rights."""
    kube_state_metrics: KubeStateMetrics | None = None
    """Metrics of the cluster's objects, and alerts on them."""
    verifier: Verifier | None = None
    """Verification inside the cluster."""
    suppressions: tuple[Suppression, ...] = ()
    """Findings that are known and accepted for a while."""

    def __hash__(self) -> int:
        # Mappings have no hash: names are enough to tell most declarations apart.
        return hash((self.cluster.context, frozenset(self.namespaces), frozenset(self.servers)))

    def images(self) -> dict[str, str]:
        """Give every image reference by its path in the declaration."""
        images = {f"servers.{kind}.image": server.image for kind, server in self.servers.items()}
        if self.kube_state_metrics:
            images["kubeStateMetrics.image"] = self.kube_state_metrics.image
        if self.verifier:
            images["verifier.image"] = self.verifier.image
        return images

    def required_custom_resources(self) -> dict[str, CustomResource]:
        """Return the custom resources of which the declaration has objects, by the path of the part that needs each."""
        required: dict[str, CustomResource] = {
            f"secrets.{name}.external": "ExternalSecret" for name, secret in self.secrets.items() if secret.external
        }
        if self.kube_state_metrics and self.kube_state_metrics.service_monitor:
            required["kubeStateMetrics.serviceMonitor"] = "ServiceMonitor"
        if self.kube_state_metrics and self.kube_state_metrics.alerts:
            required["kubeStateMetrics.alerts"] = "PrometheusRule"
        return required

    def digest(self) -> str:
        """Give the declaration's hash: 64 hex digits of SHA-256 over its canonical JSON."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """Give the declaration as JSON that is the same for the same declaration.

        Every default is spelled out and keys are sorted. It holds the keys of secrets, never their values.
        """
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))
