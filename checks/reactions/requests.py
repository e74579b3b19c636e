"""What a pod requests in all, as the scheduler and quotas count it."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from checks.kube.models import Text
from checks.reactions.objects import Occupant, Pod, Sized
from stacks.model.quantity import amount, in_unit_of

C = TypeVar("C", bound=Sized)


def total(init_containers: Iterable[C], containers: Iterable[C], part: Callable[[C], Text]) -> dict[str, Decimal]:
    """Return the sums of a part of the containers' resources, such as the requests.

    Init containers run one after the other before the containers, and sidecars beside both.
    """
    sidecars: dict[str, Decimal] = {}
    peak: dict[str, Decimal] = {}
    for container in init_containers:
        if container.restart_policy == "Always":
            sidecars = _sum(sidecars, part(container))
            peak = _most(peak, sidecars)
        else:
            peak = _most(peak, _sum(sidecars, part(container)))
    running = sidecars
    for container in containers:
        running = _sum(running, part(container))
    return _most(peak, running)


def requests(pod: Pod | Occupant) -> dict[str, Decimal]:
    """Return what a pod requests of its node, itself included: a node also limits the number of pods."""
    spec = pod.spec
    sums = total(spec.init_containers, spec.containers, lambda container: container.resources.requests)
    return {**_sum(sums, spec.overhead), "pods": Decimal(1)}


def limits(pod: Pod) -> dict[str, Decimal]:
    """Return the limits of a pod."""
    spec = pod.spec
    sums = total(spec.init_containers, spec.containers, lambda container: container.resources.limits)
    # Kubernetes adds the overhead of a runtime only to limits that there are.
    return sums | {name: value + sums[name] for name, value in _sum({}, spec.overhead).items() if name in sums}


def shown(resource: str, value: Decimal) -> str:
    """Return a value in the unit in which people read it."""
    if resource.endswith("cpu"):
        return in_unit_of(value, "1m" if value % 1 else "1")
    if resource.endswith(("memory", "storage")):
        return in_unit_of(value, "1Mi")
    return f"{value:f}"


def _sum(amounts: dict[str, Decimal], quantities: Text) -> dict[str, Decimal]:
    return amounts | {name: amounts.get(name, Decimal(0)) + amount(text) for name, text in quantities.items()}


def _most(one: dict[str, Decimal], other: dict[str, Decimal]) -> dict[str, Decimal]:
    return {name: max(one.get(name, Decimal(0)), other.get(name, Decimal(0))) for name in one.keys() | other.keys()}
