"""The Deployment of an MCP server: fit for Pod Security `restricted`, probed, labelled for discovery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    ContainerPortArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    TopologySpreadConstraintArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components import pods, volumes
from components.secret_values import SecretValues
from stacks import discovery, names
from stacks.checksum import checksum
from stacks.replicas import replicas
from stacks.server import Server

T = TypeVar("T")

HTTP = "http"
"""Name of the container's port."""

GRACE_SECONDS = 20
"""Time to end after SIGTERM; the bridge needs at most 5.5 s."""


@dataclass(frozen=True)
class Content:
    """What a server's pods read besides its own ConfigMap: when it changes, they roll."""

    own: SecretValues = field(default_factory=dict)
    """The values of `secretEnv` and `secretFiles`."""
    secrets: Mapping[str, SecretValues] = field(default_factory=dict)
    """Declared Secret → its values; without those that others make, for their values are not known here."""
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Declared ConfigMap → its data."""

    def checksum(self, owner: str, config: Mapping[str, str]) -> pulumi.Input[str]:
        """Give the checksum over all of it and the server's own `config`."""
        plain = {**config, **_flat(self.config_maps)}
        values = {**self.own, **_flat(self.secrets)}
        if not values:
            return checksum(owner, plain, {})
        return pulumi.Output.all(*values.values()).apply(
            lambda clear: checksum(owner, plain, dict(zip(values, clear, strict=True)))
        )


def _flat(objects: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    # No key of a ConfigMap or Secret has a slash, so that none of these equals one of the server's own.
    return {f"{name}/{key}": value for name, data in objects.items() for key, value in data.items()}


def deployment(kind: str, server: Server, content: Content, opts: pulumi.ResourceOptions) -> Deployment:
    """Make a server's Deployment (seed, section 3.2, with the labels and annotations of section 2.1)."""
    name = names.server(kind)
    labels, annotations = discovery.labels(kind, server), discovery.annotations(kind, server)
    rolled = {names.CHECKSUM: content.checksum(f"{server.namespace}/{name}", server.config)}
    return Deployment(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels, annotations=annotations),
        spec=DeploymentSpecArgs(
            # The autoscaler's number is no drift: two owners of one field would undo each other's work.
            replicas=None if server.autoscaling else server.replicas,
            selector=LabelSelectorArgs(match_labels=names.server_selector(kind)),
            strategy=DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=RollingUpdateDeploymentArgs(max_surge=server.SURGE, max_unavailable=0),
            ),
            template=PodTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=labels, annotations={**annotations, **rolled}), spec=_pod(kind, server)
            ),
        ),
        opts=opts,
    )


def _pod(kind: str, server: Server) -> PodSpecArgs:
    return PodSpecArgs(
        service_account_name=names.server(kind),
        automount_service_account_token=server.kubernetes is not None,
        enable_service_links=False,
        termination_grace_period_seconds=GRACE_SECONDS,
        security_context=pods.pod_security(),
        containers=[_container(kind, server)],
        volumes=[volume for volume, _ in volumes.mounted(kind, server)],
        topology_spread_constraints=[_spread(kind)] if replicas(server).least > 1 else None,
    )


def _spread(kind: str) -> TopologySpreadConstraintArgs:
    return TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key="kubernetes.io/hostname",
        # A cluster of one node must run all of them as well.
        when_unsatisfiable="ScheduleAnyway",
        label_selector=LabelSelectorArgs(match_labels=names.server_selector(kind)),
    )


def _container(kind: str, server: Server) -> ContainerArgs:
    return ContainerArgs(
        name=names.server(kind),
        image=server.image,
        image_pull_policy="IfNotPresent",
        args=server.args or None,
        ports=[ContainerPortArgs(name=HTTP, container_port=server.port, protocol="TCP")],
        env=volumes.variables(kind, server) or None,
        env_from=volumes.variable_sources(server) or None,
        resources=pods.resources(server.resources),
        security_context=pods.container_security(),
        volume_mounts=[mount for _, mount in volumes.mounted(kind, server)],
        liveness_probe=pods.probe(server.probes.liveness, HTTP),
        readiness_probe=pods.probe(server.probes.readiness, HTTP),
        startup_probe=pods.probe(server.probes.startup, HTTP),
    )
