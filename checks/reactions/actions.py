"""Change the cluster as a handler proposes, if the stack allows it, and not too often."""

from collections import deque
from collections.abc import Callable
from time import monotonic

import anyio

from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.plain_text import brief
from checks.reactions.objects import NODES, PODS, Node
from checks.reactions.reaction import Action, Verb

ANSWER_SECONDS = 3.0
"""The timeout of an action; the agent ends within 5 s, also while one is under way."""
MOST = 3
PERIOD_SECONDS = 600.0
"""At most so many actions of a verb are done in this time."""
MANAGER = "cortex-agent"
"""The field manager of a cordon."""

_KINDS = {Verb.CORDON: "Node", Verb.RESTART: "Pod"}


class Actions:
    """Performs the actions that the stack allows, one after the other; none if `allowed` is None."""

    def __init__(self, allowed: frozenset[Verb] | None, api: ApiClient, clock: Callable[[], float] = monotonic) -> None:
        self._allowed, self._api, self._clock = allowed, api, clock
        self._done: dict[Verb, deque[float]] = {verb: deque(maxlen=MOST) for verb in Verb}
        self._lock = anyio.Lock()

    async def perform(self, action: Action) -> str:
        """Return one sentence: what was done, or why nothing was."""
        what = f"{action.verb} of {action.object} (proposed because {brief(action.reason)})"
        if refusal := self._refusal(action):
            return f"{what} was not done: {refusal}"
        with anyio.move_on_after(ANSWER_SECONDS):
            async with self._lock:
                # The limit may have been reached while another action was under way.
                outcome = self._limit(action.verb) or await self._do(action)
                return f"{what} was not done: {outcome}" if outcome else f"{what} was done{_undo(action)}"
        return f"{what} may be done or not: the API server did not answer within {ANSWER_SECONDS:.0f} s"

    def _refusal(self, action: Action) -> str:
        if action.object.kind != _KINDS[action.verb]:
            return f"only a {_KINDS[action.verb]} can be the object of it"
        if self._allowed is None:
            return "an agent outside the cluster changes nothing"
        if action.verb not in self._allowed:
            return f"the stack does not allow it: add {action.verb} to actions in cortex:agent"
        return ""

    def _limit(self, verb: Verb) -> str:
        done = self._done[verb]
        if len(done) == MOST and self._clock() - done[0] < PERIOD_SECONDS:
            return f"{MOST} were done within {PERIOD_SECONDS / 60:.0f} minutes, which is the most"
        return ""

    async def _do(self, action: Action) -> str:
        """Do it; return why it was not done, or nothing."""
        refused = await (self._cordon(action) if action.verb is Verb.CORDON else self._restart(action))
        if not refused:
            self._done[action.verb].append(self._clock())
        return refused

    async def _cordon(self, action: Action) -> str:
        nodes = await self._api.list(NODES)
        if isinstance(nodes, ReadFailure):
            return nodes.message
        if refusal := cordon_refusal(action.object.name, nodes.value):
            return refusal
        operations = [{"op": "add", "path": "/spec/unschedulable", "value": True}]
        done = await self._api.patch(NODES, "", action.object.name, MANAGER, operations)
        return done.message if isinstance(done, ReadFailure) else ""

    async def _restart(self, action: Action) -> str:
        space, name = action.object.namespace, action.object.name
        pod = await self._api.get(PODS, space, name)
        if isinstance(pod, ReadFailure):
            return pod.message
        if pod.value is None:
            return "it no longer exists"
        # The controller of a static pod is its node, which does not replace it.
        if pod.value.metadata.controller in ("", "Node"):
            return "no controller would replace the pod"
        seen = {"uid": pod.value.metadata.uid}
        done = await self._api.delete_seen(PODS, space, name, seen)
        return done.message if isinstance(done, ReadFailure) else ""


def cordon_refusal(name: str, nodes: tuple[Node, ...]) -> str:
    """Return why a node must not be cordoned; empty if it may be.

    At most one node, or a third of the nodes, is cordoned at a time, whoever cordoned them. One that pods can be
    scheduled on has to be left.
    """
    node = next((each for each in nodes if each.metadata.name == name), None)
    if node is None:
        return "it no longer exists"
    if node.spec.unschedulable:
        return "it is cordoned already"
    if node.ready:
        return "it is ready again"
    cordoned = sum(each.spec.unschedulable for each in nodes)
    most = max(1, len(nodes) // 3)
    if cordoned >= most:
        return f"{cordoned} of {len(nodes)} nodes {'is' if cordoned == 1 else 'are'} cordoned, which is the most"
    if not any(each.ready and not each.spec.unschedulable for each in nodes):
        return "no other node is ready and schedulable"
    return ""


def _undo(action: Action) -> str:
    return f"; to undo it: kubectl uncordon {action.object.name}" if action.verb is Verb.CORDON else ""
