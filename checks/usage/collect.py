"""Collect the current CPU and memory use of the pods of the declared namespaces, from metrics.k8s.io."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from checks.kube import models as k8s
from checks.kube.client import Kind
from checks.kube.listing import PerNamespace, listed
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.retry import patiently
from checks.snapshot.reader import Collector, Reader
from stacks.model.quantity import amount

GROUP = "metrics.k8s.io"
GROUPS = Kind("", "apis", k8s.ApiGroup)
"""The API group itself, which every account may read."""
POD_METRICS = Kind(f"apis/{GROUP}/v1beta1", "pods", k8s.PodMetrics)


@dataclass(frozen=True)
class Live:
    """The pods of a namespace, and the CPU and memory that they use."""

    pods: int
    cpu_cores: float
    memory_bytes: int


@dataclass(frozen=True)
class Usage:
    """Namespace → what its pods use; None if the cluster does not serve metrics.k8s.io."""

    live: Mapping[str, Reading[Live]] | None


async def collect(reader: Reader) -> Usage:
    """Read the use of the pods of each declared namespace."""
    spaces = reader.declaration.namespaces
    group = await reader.api.get(GROUPS, "", GROUP)
    if isinstance(group, ReadFailure):
        return Usage(dict.fromkeys(spaces, group))
    if group.value is None:
        return Usage(None)

    async def ask() -> PerNamespace[k8s.PodMetrics]:
        return (await listed(reader.api, POD_METRICS, spaces, lambda pod: pod.metadata.namespace)).parts

    # The server of the API group may be unavailable while it is started or moved.
    listings = await patiently(ask, _served)
    return Usage({space: _live(listing) for space, listing in listings.items()})


USAGE = Collector(collect)


def _served(listings: PerNamespace[k8s.PodMetrics]) -> bool:
    return not any(isinstance(each, ReadFailure) and each.reason is Reason.FAILED for each in listings.values())


def _live(listing: Reading[tuple[k8s.PodMetrics, ...]]) -> Reading[Live]:
    if isinstance(listing, ReadFailure):
        return listing
    containers = [container.usage for pod in listing.value for container in pod.containers]
    return Read(
        Live(len(listing.value), float(_sum(containers, "cpu")), int(_sum(containers, "memory"))), listing.seconds
    )


def _sum(containers: Iterable[Mapping[str, str]], resource: str) -> Decimal:
    return sum((amount(usage.get(resource, "0")) for usage in containers), Decimal(0))
