"""Check that pods fit the limits and the quota of their namespace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.namespace import Namespace
from stacks.model.quantity import amount, in_unit_of
from stacks.model.replicas import replicas
from stacks.model.server import Resources

METRICS_PODS = 2
"""kube-state-metrics has one pod, and one more during a rollout."""

VERIFIER_PODS = 2
"""The scheduled verification and that of a deployment can run at the same time."""


@dataclass(frozen=True)
class _Load:
    path: str
    """Where it is declared."""
    namespace: str
    resources: Resources
    pods: int
    """The most that can be there at once."""


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    loads = list(_loads(declaration))
    for load in loads:
        if load.namespace in declaration.namespaces:
            yield from _outside_limits(load, declaration.namespaces[load.namespace])
    for name, namespace in declaration.namespaces.items():
        yield from _over_quota(name, namespace, [load for load in loads if load.namespace == name and load.pods])


def _loads(declaration: Declaration) -> Iterator[_Load]:
    for kind, server in declaration.servers.items():
        most = replicas(server).most
        yield _Load(f"servers.{kind}", server.namespace, server.resources, most + server.SURGE if most else 0)
    if metrics := declaration.kube_state_metrics:
        yield _Load("kubeStateMetrics", metrics.namespace, metrics.resources, METRICS_PODS)
    if verifier := declaration.verifier:
        yield _Load("verifier", names.SYSTEM_NAMESPACE, verifier.resources, VERIFIER_PODS)


def _outside_limits(load: _Load, namespace: Namespace) -> Iterator[str]:
    """Check that admission accepts the containers: a Deployment would wait for refused pods until it times out."""
    if namespace.limits is None:
        return
    path = f"{load.path}.resources"
    where = f"namespaces.{load.namespace}.limits"
    if load.resources.limits.exceeds(namespace.limits.max):
        yield f"{path}.limits: are larger than {where}.max: lower these or raise those"
    if namespace.limits.min.exceeds(load.resources.requests):
        yield f"{path}.requests: are smaller than {where}.min: raise these or lower those"


def _over_quota(name: str, namespace: Namespace, loads: Sequence[_Load]) -> Iterator[str]:
    """Check that the quota allows for a rollout of all servers at once, each with one pod more than its replicas."""
    if namespace.quota is None:
        return
    hard = namespace.quota.hard()
    for key, need in _needs(loads).items():
        if need > amount(hard[key]):
            yield (
                f"namespaces.{name}.quota.{key}: is {hard[key]}, but its pods need "
                f"{in_unit_of(need, hard[key])} while they roll: raise it, or lower resources or replicas"
            )


def _needs(loads: Sequence[_Load]) -> dict[str, Decimal]:
    needs = {"pods": Decimal(sum(load.pods for load in loads))}
    for side in ("requests", "limits"):
        wants = [(getattr(load.resources, side), load.pods) for load in loads]
        needs[f"{side}.cpu"] = sum((amount(want.cpu) * count for want, count in wants), Decimal())
        needs[f"{side}.memory"] = sum((amount(want.memory) * count for want, count in wants), Decimal())
    return needs
