"""A namespace that the stack owns, with all that bounds what may run in it (seed, section 4)."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.manifests import network
from stacks.manifests.manifest import Manifest, Value
from stacks.model import names
from stacks.model import namespace as model


@dataclass(frozen=True)
class NamespaceObjects:
    """A namespace, and what lies in it."""

    namespace: Manifest
    bounds: tuple[Manifest, ...]
    """ResourceQuota and LimitRange."""
    policies: tuple[Manifest, ...]
    """NetworkPolicies that deny all but DNS and declared destinations."""

    def __iter__(self) -> Iterator[Manifest]:
        return iter((self.namespace, *self.bounds, *self.policies))


def namespace_objects(name: str, namespace: model.Namespace, environment: str) -> NamespaceObjects:
    """Give the objects of a declared namespace; `environment` is its cluster's."""
    labels = {names.COMPONENT: namespace.component, names.ENVIRONMENT: environment}
    hard: Value = {"hard": namespace.quota.hard()}
    limits: Value = {"limits": [_container(namespace.limits)]}
    egress = [network.allow_egress(name, labels, namespace.egress)] if namespace.egress else []
    return NamespaceObjects(
        Manifest(
            "v1",
            "Namespace",
            name,
            labels={**labels, **_pod_security(namespace.pod_security)},
            annotations={names.DESCRIPTION: namespace.description, names.OWNER: namespace.owner},
        ),
        bounds=(
            Manifest("v1", "ResourceQuota", names.quota(name), name, labels, content={"spec": hard}),
            Manifest("v1", "LimitRange", names.limits(name), name, labels, content={"spec": limits}),
        ),
        policies=(network.default_deny(name, labels), network.allow_dns(name, labels), *egress),
    )


def _pod_security(level: model.PodSecurity) -> dict[str, str]:
    modes = {f"{names.POD_SECURITY}{mode}": level for mode in ("enforce", "audit", "warn")}
    return {**modes, f"{names.POD_SECURITY}enforce-version": "latest"}


def _container(limits: model.ContainerLimits) -> Value:
    return {"type": "Container", **limits.model_dump(by_alias=True)}
