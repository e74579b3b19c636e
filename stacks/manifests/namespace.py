"""A namespace that the stack owns, with all that limits what may run in it."""

from collections.abc import Iterator, Mapping

from stacks.manifests import network
from stacks.manifests.manifest import Manifest, Value
from stacks.model import names
from stacks.model import namespace as model
from stacks.model.declaration import Cluster


def namespace_manifests(name: str, namespace: model.Namespace, cluster: Cluster) -> tuple[Manifest, ...]:
    """Return a namespace, its quota and limits where declared, and its NetworkPolicies."""
    labels = {names.COMPONENT: namespace.component, names.ENVIRONMENT: cluster.environment}
    declared = Manifest(
        "v1",
        "Namespace",
        name,
        labels={**labels, **_pod_security(namespace.pod_security)},
        annotations={names.DESCRIPTION: namespace.description, names.OWNER: namespace.owner},
    )
    inside = (
        *_limits(name, namespace, labels),
        network.default_deny(name, labels),
        network.allow_dns(name, labels, cluster.name_servers()),
        *network.allow_egress(name, labels, namespace.egress, cluster.name_servers()),
    )
    return declared, *(one.after([declared]) for one in inside)


def _limits(name: str, namespace: model.Namespace, labels: Mapping[str, str]) -> Iterator[Manifest]:
    if namespace.quota:
        hard: Value = {"hard": namespace.quota.hard()}
        yield Manifest("v1", "ResourceQuota", names.quota(name), name, labels, content={"spec": hard})
    if namespace.limits:
        limits: Value = {"limits": [_container(namespace.limits)]}
        yield Manifest("v1", "LimitRange", names.limits(name), name, labels, content={"spec": limits})


def _pod_security(level: model.PodSecurity) -> dict[str, str]:
    modes = {f"{names.POD_SECURITY}{mode}": level for mode in ("enforce", "audit", "warn")}
    return {**modes, f"{names.POD_SECURITY}enforce-version": "latest"}


def _container(limits: model.ContainerLimits) -> Value:
    return {"type": "Container", **limits.model_dump(by_alias=True)}
