"""What a pod requests in all, as the scheduler and quotas count it."""

from collections.abc import Callable
from decimal import Decimal

from checks.kube.models import Text
from checks.reactions.objects import Container, Pod
from stacks.model.quantity import amount, in_unit_of


def total(pod: Pod, part: Callable[[Container], Text]) -> dict[str, Decimal]:
    """Return the sums of a part of its containers' resources, such as the requests.

    Init containers run one after the other before the containers, and sidecars beside both.
    """
    sidecars: dict[str, Decimal] = {}
    peak: dict[str, Decimal] = {}
    for container in pod.spec.init_containers:
        if container.restart_policy == "Always":
            sidecars = _sum(sidecars, part(container))
            peak = _most(peak, sidecars)
        else:
            peak = _most(peak, _sum(sidecars, part(container)))
    running = sidecars
    for container in pod.spec.containers:
        running = _sum(running, part(container))
    return _sum(_most(peak, running), pod.spec.overhead)


def requests(pod: Pod) -> dict[str, Decimal]:
    """Return what a pod requests of its node, itself included: a node also limits the number of pods."""
    return {**total(pod, lambda container: container.resources.requests), "pods": Decimal(1)}


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
