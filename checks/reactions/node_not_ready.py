"""NodeNotReady: the node's conditions and taints, and the pods on it."""

from collections import Counter
from collections.abc import Iterator

import anyio

from checks.events.occurrence import Occurrence
from checks.kube.client import METADATA, ApiClient, Kind
from checks.kube.models import Owned
from checks.kube.reading import Read, ReadFailure, Reading
from checks.plain_text import brief, enumerated
from checks.reactions.objects import NODES, Condition, Node
from checks.reactions.reaction import Action, Reaction, Verb
from checks.reactions.reading import gone, unread
from checks.times import rfc3339

SETTLE_SECONDS = 2.0
"""A kubelet sends this event before it updates its node's status."""
MOST_NAMESPACES = 20
POD_NAMES = Kind("api/v1", "pods", Owned, METADATA)


async def react(occurred: Occurrence, api: ApiClient) -> Reaction | None:
    """Return what is known of the node, unless it is ready again; propose to cordon it."""
    # Each pod of the node gets an event with this reason, too.
    if occurred.object.kind != "Node":
        return None
    node = await _node(occurred, api)
    if isinstance(node, Read) and node.value and node.value.ready:
        await anyio.sleep(SETTLE_SECONDS)
        node = await _node(occurred, api)
    if isinstance(node, ReadFailure):
        return unread(occurred, node)
    if node.value is None:
        return gone(occurred)
    if node.value.ready:
        return None
    return explain(occurred, node.value, await api.list(POD_NAMES, fields=f"spec.nodeName={occurred.object.name}"))


async def _node(occurred: Occurrence, api: ApiClient) -> Reading[Node | None]:
    return await api.get(NODES, "", occurred.object.name)


def explain(occurred: Occurrence, node: Node, pods: Reading[tuple[Owned, ...]]) -> Reaction:
    """Return why a node is not ready, as far as its status says, and what that concerns."""
    ready = next((each for each in node.status.conditions if each.type == "Ready"), None)
    why = f" ({ready.reason})" if ready and ready.reason else ""
    summary = f"{occurred.object} is not ready{_since(ready)}{why}"
    if node.spec.unschedulable:
        return Reaction(f"{summary}; it is cordoned", tuple(_lines(node, pods)))
    action = Action(Verb.CORDON, occurred.object, "it is not ready")
    return Reaction(summary, tuple(_lines(node, pods)), action)


def _since(condition: Condition | None) -> str:
    changed = condition.last_transition_time if condition else None
    return f" since {rfc3339(changed)}" if changed else ""


def _lines(node: Node, pods: Reading[tuple[Owned, ...]]) -> Iterator[str]:
    for each in node.status.conditions:
        if each.status != ("True" if each.type == "Ready" else "False"):
            yield f"condition {each.type} is {each.status}{_since(each)}: {each.reason}: {brief(each.message)}"
    if node.spec.taints:
        yield "taints: " + ", ".join(map(str, node.spec.taints))
    if isinstance(pods, ReadFailure):
        yield f"{pods.what}: {pods.message}"
    else:
        counts = Counter(pod.metadata.namespace for pod in pods.value)
        named = enumerated((f"{name} {count}" for name, count in counts.most_common()), MOST_NAMESPACES)
        yield f"pods on it: {counts.total()}" + (f" ({named})" if counts else "")
