"""Check that pods fit the limits and the quota of their namespace."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stacks.model import bridge, launch, names
from stacks.model.declaration import Declaration
from stacks.model.namespace import Namespace
from stacks.model.quantity import amount, in_unit_of
from stacks.model.replicas import replicas
from stacks.model.resources import Resources
from stacks.model.server import Server

METRICS_PODS = 2
"""kube-state-metrics has one pod, and one more during a rollout."""

VERIFIER_PODS = 2
"""The scheduled verification and that of a deployment can run at the same time."""


ROTATOR_PODS = 1
"""One rotation runs at a time."""


@dataclass(frozen=True)
class _Load:
    namespace: str
    containers: Mapping[str, Resources]
    """Place of the declaration → what the container there needs."""
    pods: int
    """The most that can be there at once."""
    first: frozenset[str] = frozenset()
    """The places of init containers, which end before the own container starts."""
    sidecars: frozenset[str] = frozenset()
    """The places of sidecars, which also run beside init containers."""


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    loads = list(_loads(declaration))
    for load in loads:
        if load.namespace in declaration.namespaces:
            yield from _outside_limits(load, declaration.namespaces[load.namespace])
    for name, namespace in declaration.namespaces.items():
        yield from _over_quota(name, namespace, [load for load in loads if load.namespace == name and load.pods])


def _loads(declaration: Declaration) -> Iterator[_Load]:
    for owner, declared in declaration.running().items():
        most, path = replicas(declared).most, owner.path
        beside = {f"{path}.sidecars.{name}": one.resources for name, one in declared.sidecars.items()}
        before = {f"{path}.initContainers.{name}": one.resources for name, one in declared.init_containers.items()}
        own = {path: declared.resources}
        if isinstance(declared, Server) and declared.bridge:
            # Its init container needs the same, but not at the same time.
            own[f"{path}.bridge"] = bridge.RESOURCES
        if isinstance(declared, Server) and declared.launcher:
            before[f"{path}.probes"] = launch.RESOURCES
        pods = most + declared.surge if most else 0
        yield _Load(declared.namespace, {**own, **beside, **before}, pods, frozenset(before), frozenset(beside))
    if metrics := declaration.kube_state_metrics:
        yield _Load(metrics.namespace, {"kubeStateMetrics": metrics.resources}, METRICS_PODS)
    if verifier := declaration.verifier:
        yield _Load(names.SYSTEM_NAMESPACE, {"verifier": verifier.resources}, VERIFIER_PODS)
    if rotator := declaration.rotator:
        yield _Load(names.SYSTEM_NAMESPACE, {"rotator": rotator.resources}, ROTATOR_PODS)
    if agent := declaration.agent:
        yield _Load(names.SYSTEM_NAMESPACE, {"agent": agent.resources}, agent.replicas + agent.surge)


def _outside_limits(load: _Load, namespace: Namespace) -> Iterator[str]:
    """Check that admission accepts the containers: a Deployment would wait for refused pods until it times out."""
    if namespace.limits is None:
        return
    where = f"namespaces.{load.namespace}.limits"
    for path, resources in load.containers.items():
        limits, most = resources.limits, namespace.limits.max
        if limits.cpu is None:
            yield (
                f"{path}.resources.limits.cpu: is null, but {where} gives a container without a limit "
                f"{namespace.limits.default.cpu}: declare a limit here, or no limits and no quota for the namespace"
            )
        elif amount(limits.cpu) > amount(most.cpu) or amount(limits.memory) > amount(most.memory):
            yield f"{path}.resources.limits: are larger than {where}.max: lower these or raise those"
        if namespace.limits.min.exceeds(resources.requests):
            yield f"{path}.resources.requests: are smaller than {where}.min: raise these or lower those"


def _over_quota(name: str, namespace: Namespace, loads: Sequence[_Load]) -> Iterator[str]:
    """Check that the quota allows for a rollout of all of them at once, each with one pod more than its replicas."""
    if namespace.quota is None:
        return
    hard = namespace.quota.hard()
    for path in (path for load in loads for path, one in load.containers.items() if one.limits.cpu is None):
        if namespace.limits is None:
            yield (
                f"{path}.resources.limits.cpu: is null, but namespaces.{name}.quota counts limits of CPU, so that "
                f"Kubernetes refuses the container: declare a limit here, or set namespaces.{name}.quota: null"
            )
    for key, need in _needs(loads).items():
        if need > amount(hard[key]):
            yield (
                f"namespaces.{name}.quota.{key}: is {hard[key]}, but its pods need "
                f"{in_unit_of(need, hard[key])} while they roll: raise it, or lower resources or replicas"
            )


def _needs(loads: Sequence[_Load]) -> dict[str, Decimal]:
    needs = {"pods": Decimal(sum(load.pods for load in loads))}
    for side in ("requests", "limits"):
        for unit in ("cpu", "memory"):
            needs[f"{side}.{unit}"] = sum((_pod(load, side, unit) * load.pods for load in loads), Decimal())
    return needs


def _pod(load: _Load, side: str, unit: str) -> Decimal:
    """Return what Kubernetes counts for a pod: its containers, or an init container where that needs more."""
    wants = {path: getattr(getattr(one, side), unit) for path, one in load.containers.items()}
    amounts = {path: amount(want) for path, want in wants.items() if want is not None}
    own = _total(amounts, set(load.containers) - load.first - load.sidecars)
    return max([own, *(_total(amounts, {path}) for path in load.first)]) + _total(amounts, load.sidecars)


def _total(amounts: Mapping[str, Decimal], paths: Iterable[str]) -> Decimal:
    return sum((amounts.get(path, Decimal()) for path in paths), Decimal())
