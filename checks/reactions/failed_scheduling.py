"""FailedScheduling: which nodes lack what for a pod."""

from collections import Counter
from collections.abc import Iterator

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.reactions.node_room import Obstacle, Room, RoomReader, obstacles
from checks.reactions.objects import Pod
from checks.reactions.reaction import Reaction
from checks.reactions.reading import read_pod
from checks.reactions.requests import requests, shown

MOST_NODES = 20
"""Nodes that are named; those that lack the least come first."""
_SORTS = {"cordoned": "cordoned", "taint": "taints that it does not tolerate", "label": "other labels than it selects"}
_ROOM = "has room: affinity, spread rules, volumes or ports of the pod keep it away"


class FailedScheduling:
    """The handler; pods that fail at the same time share a reading of the cluster."""

    def __init__(self) -> None:
        self._reader = RoomReader()

    async def __call__(self, occurred: Occurrence, api: ApiClient) -> Reaction | None:
        """Return what each node lacks, unless the pod was scheduled since."""
        if occurred.object.kind != "Pod":
            return None
        pod = await read_pod(occurred, api)
        if isinstance(pod, Reaction):
            return pod
        if pod.spec.node_name:
            return None
        return explain(occurred, pod, await self._reader.read(api))


def explain(occurred: Occurrence, pod: Pod, room: Room) -> Reaction:
    """Return why no node takes a pod."""
    lacking = {
        node.metadata.name: list(obstacles(pod, node, (room.requested or {}).get(node.metadata.name, {})))
        for node in room.nodes
    }
    wanted = ", ".join(
        f"{name} {shown(name, value)}" for name, value in sorted(requests(pod).items()) if name != "pods"
    )
    details = (f"scheduler: {occurred.message}", f"the pod requests: {wanted or 'nothing'}", *_lines(lacking))
    return Reaction(f"{occurred.object} is not scheduled: {_summary(lacking, room)}", (*details, *room.missing))


def _summary(lacking: dict[str, list[Obstacle]], room: Room) -> str:
    if not lacking:
        return "the nodes could not be read" if room.missing else "the cluster has no nodes"
    free = sum(not found for found in lacking.values())
    if free:
        return f"{free} of {_nodes(len(lacking))} {'has' if free == 1 else 'have'} room, but something else prevents it"
    sorts = Counter(sort for found in lacking.values() for sort in {each.sort for each in found})
    ordered = sorted((-count, _SORTS.get(sort, f"too little {sort}")) for sort, count in sorts.items())
    parts = ", ".join(f"{sort} ({-count})" for count, sort in ordered)
    return f"none of {_nodes(len(lacking))} takes it: {parts}"


def _nodes(count: int) -> str:
    return f"{count} node{'' if count == 1 else 's'}"


def _lines(lacking: dict[str, list[Obstacle]]) -> Iterator[str]:
    nearest = sorted(lacking.items(), key=lambda each: (len(each[1]), each[0]))
    for name, found in nearest[:MOST_NODES]:
        yield f"Node {name}: " + ("; ".join(each.detail for each in found) or _ROOM)
    if len(nearest) > MOST_NODES:
        yield f"and {_nodes(len(nearest) - MOST_NODES)} more"
