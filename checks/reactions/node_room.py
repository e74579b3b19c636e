"""What each node has left, and what keeps a pod from it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic

import anyio

from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.reactions.objects import NODES, OCCUPANTS, UNFINISHED, Node, Occupant, Pod, Taint, Toleration
from checks.reactions.requests import requests, shown
from stacks.model.quantity import amount

FRESH_SECONDS = 10.0
"""All pods that cannot be scheduled in this time are examined with one reading: it lists every pod of the cluster."""
AT_ONCE = 500
CORDONED = "node.kubernetes.io/unschedulable"
"""The taint of a cordoned node."""

Requested = Mapping[str, Mapping[str, Decimal]]
"""Node → resource → the sum of what its pods request."""


@dataclass(frozen=True)
class Obstacle:
    """What keeps a pod from a node: of which sort, and in detail."""

    sort: str
    detail: str


@dataclass(frozen=True)
class Room:
    """The nodes, and what the pods on them request. `missing` says what could not be read."""

    nodes: tuple[Node, ...] = ()
    requested: Requested | None = None
    missing: tuple[str, ...] = ()


class RoomReader:
    """Reads the room of the cluster, at most once in 10 seconds."""

    def __init__(self) -> None:
        self._lock = anyio.Lock()
        self._room: Room | None = None
        self._read = 0.0

    async def read(self, api: ApiClient) -> Room:
        """Return the room as it was at most 10 seconds ago."""
        async with self._lock:
            if self._room is None or monotonic() - self._read > FRESH_SECONDS:
                self._room = await _room(api)
                self._read = monotonic()
            return self._room


async def _room(api: ApiClient) -> Room:
    nodes, pods = await api.list(NODES), await api.list(OCCUPANTS, fields=UNFINISHED)
    missing = tuple(f"{each.what}: {each.message}" for each in (nodes, pods) if isinstance(each, ReadFailure))
    return Room(
        nodes=() if isinstance(nodes, ReadFailure) else nodes.value,
        requested=None if isinstance(pods, ReadFailure) else await requested(pods.value),
        missing=missing,
    )


async def requested(pods: Iterable[Pod | Occupant]) -> Requested:
    """Return what the pods of each node request together."""
    sums: dict[str, dict[str, Decimal]] = {}
    for number, pod in enumerate(pods):
        if number % AT_ONCE == 0:
            # 20,000 pods take a quarter of a second, in which no watch would be read.
            await anyio.sleep(0)
        if pod.spec.node_name:
            of_node = sums.setdefault(pod.spec.node_name, {})
            for resource, value in requests(pod).items():
                of_node[resource] = of_node.get(resource, Decimal(0)) + value
    return sums


def obstacles(pod: Pod, node: Node, occupied: Mapping[str, Decimal]) -> Iterator[Obstacle]:
    """Yield what keeps a pod from a node on which `occupied` is requested already, as far as its own fields say."""
    cordon = Taint(CORDONED, "NoSchedule")
    if node.spec.unschedulable and not _tolerated(cordon, pod.spec.tolerations):
        yield Obstacle("cordoned", "cordoned")
    for taint in node.spec.taints:
        # A preference keeps no pod away, and a cordoned node has a taint of its own.
        hard = taint.effect in ("NoSchedule", "NoExecute") and taint.key != CORDONED
        if hard and not _tolerated(taint, pod.spec.tolerations):
            yield Obstacle("taint", f"taint {taint}")
    for key, value in sorted(pod.spec.node_selector.items()):
        if node.metadata.labels.get(key) != value:
            yield Obstacle("label", f"no label {key}={value}")
    for resource, wanted in sorted(requests(pod).items()):
        most = amount(node.status.allocatable.get(resource, "0"))
        free = max(most - occupied.get(resource, Decimal(0)), Decimal(0))
        if wanted > free:
            amounts = [shown(resource, value) for value in (wanted, free, most)]
            yield Obstacle(resource, f"{resource}: {amounts[0]} requested, {amounts[1]} of {amounts[2]} free")


def _tolerated(taint: Taint, tolerations: Iterable[Toleration]) -> bool:
    return any(
        each.effect in ("", taint.effect)
        and (each.key == taint.key or (not each.key and each.operator == "Exists"))
        and (each.operator == "Exists" or each.value == taint.value)
        for each in tolerations
    )
