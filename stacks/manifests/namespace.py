"""A namespace that the stack owns, with all that limits what may run in it."""

from stacks.manifests import network
from stacks.manifests.manifest import Manifest, Value
from stacks.model import names
from stacks.model import namespace as model


def namespace_manifests(name: str, namespace: model.Namespace, environment: str) -> tuple[Manifest, ...]:
    """Return a namespace, its quota and limits, and its NetworkPolicies; `environment` is its cluster's."""
    labels = {names.COMPONENT: namespace.component, names.ENVIRONMENT: environment}
    hard: Value = {"hard": namespace.quota.hard()}
    limits: Value = {"limits": [_container(namespace.limits)]}
    egress = [network.allow_egress(name, labels, namespace.egress)] if namespace.egress else []
    declared = Manifest(
        "v1",
        "Namespace",
        name,
        labels={**labels, **_pod_security(namespace.pod_security)},
        annotations={names.DESCRIPTION: namespace.description, names.OWNER: namespace.owner},
    )
    inside = (
        Manifest("v1", "ResourceQuota", names.quota(name), name, labels, content={"spec": hard}),
        Manifest("v1", "LimitRange", names.limits(name), name, labels, content={"spec": limits}),
        network.default_deny(name, labels),
        network.allow_dns(name, labels),
        *egress,
    )
    return declared, *(one.after([declared]) for one in inside)


def _pod_security(level: model.PodSecurity) -> dict[str, str]:
    modes = {f"{names.POD_SECURITY}{mode}": level for mode in ("enforce", "audit", "warn")}
    return {**modes, f"{names.POD_SECURITY}enforce-version": "latest"}


def _container(limits: model.ContainerLimits) -> Value:
    return {"type": "Container", **limits.model_dump(by_alias=True)}
