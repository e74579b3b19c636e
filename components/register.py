"""Asks the engine for a Kubernetes object: as declared, with the values that the declaration does not hold put in."""

from collections.abc import Callable, Mapping, Sequence

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.batch.v1 import CronJob, Job
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    LimitRange,
    Namespace,
    ResourceQuota,
    Secret,
    Service,
    ServiceAccount,
)
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from pydantic.alias_generators import to_snake

from stacks.objects import Hidden, Object, Value

HiddenValues = Mapping[str, pulumi.Input[str]]
"""The key of a field → its value, for what is hidden in an object."""

_TYPED: Mapping[tuple[str, str], Callable[..., pulumi.Resource]] = {
    ("apps/v1", "Deployment"): Deployment,
    ("autoscaling/v2", "HorizontalPodAutoscaler"): HorizontalPodAutoscaler,
    ("batch/v1", "CronJob"): CronJob,
    ("batch/v1", "Job"): Job,
    ("networking.k8s.io/v1", "NetworkPolicy"): NetworkPolicy,
    ("policy/v1", "PodDisruptionBudget"): PodDisruptionBudget,
    ("rbac.authorization.k8s.io/v1", "ClusterRole"): ClusterRole,
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ClusterRoleBinding,
    ("rbac.authorization.k8s.io/v1", "Role"): Role,
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): RoleBinding,
    ("v1", "ConfigMap"): ConfigMap,
    ("v1", "LimitRange"): LimitRange,
    ("v1", "Namespace"): Namespace,
    ("v1", "ResourceQuota"): ResourceQuota,
    ("v1", "Secret"): Secret,
    ("v1", "Service"): Service,
    ("v1", "ServiceAccount"): ServiceAccount,
}
"""What Kubernetes itself has; anything else is a custom resource."""


def register(
    declared: Object, opts: pulumi.ResourceOptions, *, name: str | None = None, hidden: HiddenValues | None = None
) -> pulumi.Resource:
    """Register an object; its logical `name`, which is part of its URN, follows from its own unless told.

    Raises:
        KeyError: something is hidden in the object, and `hidden` does not have it.
    """
    resource = _TYPED.get((declared.api_version, declared.kind), CustomResource)
    # The arguments of a resource are snake_case; inside of them the engine gets any key as it is.
    arguments = {to_snake(key): _revealed(value, hidden or {}) for key, value in declared.document().items()}
    return resource(name or _logical_name(declared), opts=opts, **arguments)


def in_namespace(declared: Object) -> str:
    """Give the logical name of an object whose own name is used in several namespaces."""
    return f"{declared.namespace}-{declared.name}"


def _logical_name(declared: Object) -> str:
    # One account has roles and bindings of one name in many namespaces.
    return in_namespace(declared) if declared.kind in {"Role", "RoleBinding"} else declared.name


def _revealed(value: Value, hidden: HiddenValues, key: str = "") -> object:
    if isinstance(value, Hidden):
        return hidden[key]
    if isinstance(value, Mapping):
        return {inner: _revealed(one, hidden, inner) for inner, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_revealed(one, hidden) for one in value]
    return value
