"""Prove that all pods of all readers run with the new value: their templates, their readiness, their answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import anyio
import msgspec

from checks.drift.managed_fields import RESTARTED
from checks.errors import UncheckedError
from checks.kube import models as k8s
from checks.kube.reading import required
from checks.kube.resources import PODS, label_selector
from checks.mcp.answer import DEADLINE_SECONDS, NOT_OFFERED, Answer, Outcome
from checks.mcp.client import Json, Talk, ask_every_pod
from checks.mcp.definition import list_tools
from checks.rotation.known_values import KnownValues
from checks.rotation.log import PodProof
from checks.rotation.readers import Readers
from checks.times import rfc3339
from checks.workloads.rollout import settled
from checks.workloads.trouble import explain
from stacks.model import names
from stacks.model.owner import Owner
from stacks.model.server import SmokeCall

if TYPE_CHECKING:
    from mcp import Client

    from checks.mcp.exchange import Exchange

PAUSE_SECONDS = 1.0
SMOKE_SECONDS = 30.0
"""How long pods that are ready may fail to answer before the new value counts as wrong."""
_MARKS = (names.CHECKSUM, RESTARTED)
"""Annotations of a pod template that change when its pods have to be replaced."""


class NotProvenError(UncheckedError):
    """The pods do not run, or do not answer, with the new value."""


@dataclass(frozen=True)
class Proof:
    """Finds the proof for the readers of a value."""

    readers: Readers
    values: KnownValues

    async def found(self, seconds: float) -> tuple[PodProof, ...]:
        """Wait until all pods run with the current template and are ready, and ask each MCP server on each pod.

        Raises:
            NotProvenError: that is not so in time. Its text has no value, even if a server repeats one.
        """
        try:
            return await self._found(seconds)
        except NotProvenError as error:
            raise NotProvenError(await self.values.hidden(str(error))) from None

    async def _found(self, seconds: float) -> tuple[PodProof, ...]:
        reason = "nothing was read"
        with anyio.move_on_after(seconds):
            while True:
                try:
                    pods = {owner: await self._pods(owner) for owner in self.readers.owners}
                except UncheckedError as error:
                    reason = str(error)
                    await anyio.sleep(PAUSE_SECONDS)
                else:
                    reason = "the MCP servers have not answered"
                    return await self._asked(pods)
        raise NotProvenError(f"after {seconds:g} s {reason}")

    async def _pods(self, owner: Owner) -> Sequence[PodProof]:
        live = await self.readers.live(owner)
        namespace = live.metadata.namespace
        listed = required(await self.readers.api.list(PODS, namespace, labels=label_selector(owner.selector)))
        pods = [pod for pod in listed if pod.live]
        wanted = live.spec.template.metadata.annotations
        current = [pod for pod in pods if pod.ready and _same_marks(pod, wanted)]
        if settled(live) and len(current) == len(pods) == live.spec.replicas:
            return [PodProof(namespace, pod.metadata.name, _started(pod)) for pod in current]
        why = explain(owner.name, pods, ())
        raise UncheckedError(
            f"{len(current)} of {live.spec.replicas} pods of {owner.path} are ready with the current template{why}"
        )

    async def _asked(self, pods: Mapping[Owner, Sequence[PodProof]]) -> tuple[PodProof, ...]:
        proven: list[PodProof] = []
        for owner, found in pods.items():
            if not owner.is_server or not found:
                proven += found
                continue
            answers = await self._answers(owner)
            if missing := [one.name for one in found if one.name not in answers]:
                raise NotProvenError(f"the pods {', '.join(missing)} ended before they were asked")
            proven += [msgspec.structs.replace(one, answer=answers[one.name]) for one in found]
        return tuple(proven)

    async def _answers(self, owner: Owner) -> dict[str, str]:
        target, end = self.readers.target, anyio.current_time() + SMOKE_SECONDS
        talk = _talk(target.declaration.servers[owner.key].smoke_calls)
        # With declared credentials, a refusal may be due to the new value.
        declared = target.declaration.credential(owner.key) is not None
        while True:
            try:
                replies = await ask_every_pod(target, owner.key, talk, DEADLINE_SECONDS)
            except UncheckedError as error:
                faults = [str(error)]
            else:
                faults = [f"pod {one.pod}: {why}" for one in replies if (why := fault(one.value, declared=declared))]
                if not faults:
                    return {reply.pod: _answer(reply.value) for reply in replies}
            if anyio.current_time() > end:
                raise NotProvenError(f"MCP server {owner.key} does not answer: {'; '.join(faults)}")
            await anyio.sleep(PAUSE_SECONDS)


def _same_marks(pod: k8s.Pod, wanted: Mapping[str, str]) -> bool:
    return all(pod.metadata.annotations.get(mark) == wanted.get(mark) for mark in _MARKS)


def _started(pod: k8s.Pod) -> str:
    return rfc3339(pod.status.start_time) if pod.status.start_time else ""


def _talk(smokes: Sequence[SmokeCall]) -> Talk:
    async def talk(client: "Client", exchange: "Exchange") -> Json:
        # Imported here because it takes half a second.
        from checks.mcp.probe import smoke_call

        tools = await list_tools(client)
        faults = [
            f"the smoke call of {smoke.tool} fails: {error}"
            for smoke in smokes
            if (error := await smoke_call(client, smoke, exchange) if smoke.tool in tools else NOT_OFFERED)
        ]
        return {"tools": len(tools), "smokes": len(smokes), "faults": faults}

    return talk


def fault(value: Json | Answer, *, declared: bool) -> str:
    """Return what is wrong with the answer of a pod; a server that asks for undeclared credentials works."""
    if isinstance(value, Answer):
        return "" if value.outcome is Outcome.GATED and not declared else f"{value.outcome}: {value.detail}"
    return "; ".join(cast("list[str]", value["faults"]))


def _answer(value: Json | Answer) -> str:
    if isinstance(value, Answer):
        return str(value.outcome)
    return f"{value['tools']} tools" + (", smoke calls passed" if value["smokes"] else "")
