"""Reads what the pods of the declared namespaces use at the moment, where the cluster can tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind, Read, ReadFailure, Reading
from checks.kube.connection import Connection
from checks.kube.listing import PerNamespace, everywhere
from checks.kube.retry import patiently
from checks.results.result import Reason
from stacks.model.declaration import Declaration
from stacks.model.quantity import amount

GROUP = "metrics.k8s.io"
GROUPS = Kind("", "apis", k8s.ApiGroup)
"""The group itself, which every account may ask for."""
POD_METRICS = Kind(f"apis/{GROUP}/v1beta1", "pods", k8s.PodMetrics)


@dataclass(frozen=True)
class Live:
    """What the pods of a namespace use: how many they are, their cores and their bytes."""

    pods: int
    cpu_cores: float
    memory_bytes: int


@dataclass(frozen=True)
class Usage:
    """Namespace → what its pods use; None where the cluster has no metrics.k8s.io."""

    live: Mapping[str, Reading[Live]] | None


async def read(declaration: Declaration, _access: Connection, api: ApiClient) -> Usage:
    """Ask metrics.k8s.io for each declared namespace."""
    group = await api.get(GROUPS, "", GROUP)
    if isinstance(group, ReadFailure):
        return unread(declaration, group)
    if group.value is None:
        return Usage(None)
    ask = partial(everywhere, api, POD_METRICS, declaration.namespaces, lambda pod: pod.metadata.namespace)
    # What stands behind the group may be away for a moment: while it is started or moved.
    listings = await patiently(ask, _served)
    return Usage({space: _live(listing) for space, listing in listings.items()})


def unread(declaration: Declaration, why: ReadFailure) -> Usage:
    """Give what is known where nothing could be read."""
    return Usage(dict.fromkeys(declaration.namespaces, why))


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
