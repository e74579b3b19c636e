"""A namespace that the stack owns, with all that bounds what may run in it."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import (
    LimitRange,
    LimitRangeItemArgs,
    LimitRangeSpecArgs,
    Namespace,
    ResourceQuota,
    ResourceQuotaSpecArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import network
from stacks import names
from stacks import namespace as model


@dataclass(frozen=True)
class NamespaceSettings:
    """A namespace as declared, and the environment of its cluster."""

    namespace: model.Namespace
    environment: str


class ManagedNamespace(pulumi.ComponentResource):
    """Namespace, ResourceQuota, LimitRange, and NetworkPolicies that deny all but DNS (seed, section 4)."""

    def __init__(self, name: str, settings: NamespaceSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:ManagedNamespace", name, None, opts)
        labels = _labels(settings)
        namespace = Namespace(
            name,
            metadata=ObjectMetaArgs(
                name=name,
                labels={**labels, **_pod_security(settings.namespace.pod_security)},
                annotations={
                    names.DESCRIPTION: settings.namespace.description,
                    names.OWNER: settings.namespace.owner,
                },
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        ResourceQuota(
            names.quota(name),
            metadata=ObjectMetaArgs(name=names.quota(name), namespace=name, labels=labels),
            spec=ResourceQuotaSpecArgs(hard=settings.namespace.quota.hard()),
            opts=inside,
        )
        LimitRange(
            names.limits(name),
            metadata=ObjectMetaArgs(name=names.limits(name), namespace=name, labels=labels),
            spec=LimitRangeSpecArgs(limits=[_container(settings.namespace.limits)]),
            opts=inside,
        )
        network.default_deny(name, labels, inside)
        network.allow_dns(name, labels, inside)
        self.register_outputs({})


def _labels(settings: NamespaceSettings) -> dict[str, str]:
    return {names.COMPONENT: settings.namespace.component, names.ENVIRONMENT: settings.environment}


def _pod_security(level: model.PodSecurity) -> dict[str, str]:
    modes = {f"{names.POD_SECURITY}{mode}": level for mode in ("enforce", "audit", "warn")}
    return {**modes, f"{names.POD_SECURITY}enforce-version": "latest"}


def _container(limits: model.ContainerLimits) -> LimitRangeItemArgs:
    return LimitRangeItemArgs(
        type="Container",
        max=limits.max.model_dump(),
        min=limits.min.model_dump(),
        default=limits.default.model_dump(),
        default_request=limits.default_request.model_dump(),
    )
