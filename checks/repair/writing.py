"""Carry out the steps of a plan, object by object, without undoing later changes."""

from collections.abc import AsyncIterator, Iterable, Sequence
from http import HTTPStatus
from itertools import groupby
from typing import cast

from msgspec.structs import replace

from checks.kube.client import BUSY, ApiClient
from checks.kube.reading import ReadFailure, Reading, Reason
from checks.kube.resources import Document
from checks.repair.actions import Action, Outcome
from checks.repair.kinds import kind_of
from checks.repair.paths import find
from checks.repair.steps import Step, is_as_seen, operations
from checks.results.result import Ref

MANAGER = "pulumi-kubernetes-repair"
"""The field manager of every write.

Pulumi's plugins take over fields of managers whose names begin with `pulumi-kubernetes`. A restored field is therefore
neither a conflict for the next `pulumi up` nor an undeclared field.
"""
ATTEMPTS = 5
"""How often a write is retried if the object changes meanwhile."""
CHANGED = "changed meanwhile: run cortex repair again"

_AGAIN = ": run cortex repair again"
_ABSENT = "the object no longer exists"
_UNAVAILABLE = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT, Reason.UNAUTHORIZED, Reason.UNDECODABLE})
_OUTDATED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
"""Statuses of a failed test or precondition; the second one also means an invalid object."""


async def write(api: ApiClient, steps: Iterable[Step]) -> AsyncIterator[list[Action]]:
    """Carry out all steps; yield the outcomes of each object. Stop if the API server becomes unreachable."""
    is_away = False
    for ref, some in groupby(steps, key=lambda step: step.object):
        mine = list(some)
        if is_away:
            yield [_came(step, Outcome.NOT_DONE, f"the API server had become unreachable{_AGAIN}") for step in mine]
            continue
        actions = await _Object(api, ref, mine).write()
        yield actions
        is_away = any(action.outcome is Outcome.UNKNOWN for action in actions)


def interrupted(steps: Sequence[Step], actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return what came of all steps when an interrupt ended the writing after these actions."""
    left = steps[len(actions) :]
    under_way = [step for step in left if step.object == left[0].object]
    return (
        *actions,
        *(_came(step, Outcome.UNKNOWN, f"interrupted before the API server answered{_AGAIN}") for step in under_way),
        *(_came(step, Outcome.NOT_DONE, f"interrupted{_AGAIN}") for step in left[len(under_way) :]),
    )


class _Object:
    """The steps of one object, and the outcomes of those that are outdated."""

    def __init__(self, api: ApiClient, ref: Ref, steps: Sequence[Step]) -> None:
        self._api, self._ref, self._steps = api, ref, steps
        self._live = steps[0].live
        self._known: dict[int, Action] = {}

    async def write(self) -> list[Action]:
        """Carry out all steps in one request, and repeat it without the steps that turn out to be outdated."""
        for _ in range(ATTEMPTS):
            pending = [step for index, step in enumerate(self._steps) if index not in self._known]
            if not pending:
                break
            answer = await self._send(pending)
            end = _end(answer) if isinstance(answer, ReadFailure) else (Outcome.DONE, "")
            if isinstance(answer, ReadFailure) and end is None:
                end = await self._look_again(answer)
            if end is not None:
                return self._all(*end)
        return self._all(Outcome.CHANGED, CHANGED)

    async def _send(self, steps: Sequence[Step]) -> Reading[Document] | Reading[None]:
        kind, (namespace, name) = kind_of(self._ref), (self._ref.namespace, self._ref.name)
        if steps[0].is_deletion:
            metadata = cast("dict[str, str]", self._live["metadata"])
            seen = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
            return await self._api.delete_seen(kind, namespace, name, seen)
        return await self._api.patch(kind, namespace, name, MANAGER, operations(steps, self._live))

    async def _look_again(self, refused: ReadFailure) -> tuple[Outcome, str] | None:
        """Read the object again after a refusal; return the outcome of all steps if no change explains it."""
        again = await self._api.get(kind_of(self._ref), self._ref.namespace, self._ref.name)
        if isinstance(again, ReadFailure):
            return Outcome.UNKNOWN, again.message + _AGAIN
        if again.value is None:
            return Outcome.GONE, _ABSENT
        same = _version(again.value) == _version(self._live)
        self._live = again.value
        for index, step in enumerate(self._steps):
            if index not in self._known and not is_as_seen(step, self._live):
                self._known[index] = _outdated(step, self._live)
        return (Outcome.FAILED, refused.message) if same else None

    def _all(self, outcome: Outcome, message: str) -> list[Action]:
        """Return the actions: the outdated ones, and the others with this outcome."""
        return [self._known.get(index) or _came(step, outcome, message) for index, step in enumerate(self._steps)]


def _end(refused: ReadFailure) -> tuple[Outcome, str] | None:
    """Return what a refusal means for all steps; None if the object may have changed."""
    if refused.status == HTTPStatus.NOT_FOUND:
        return Outcome.GONE, _ABSENT
    if refused.reason in _UNAVAILABLE or refused.status in BUSY:
        return Outcome.UNKNOWN, refused.message + _AGAIN
    return None if refused.status in _OUTDATED else (Outcome.FAILED, refused.message)


def _outdated(step: Step, live: Document) -> Action:
    if not step.is_deletion and find(live, step.path) is None:
        return _came(step, Outcome.GONE, "the field no longer exists")
    return _came(step, Outcome.CHANGED, CHANGED)


def _version(live: Document) -> object:
    return cast("dict[str, object]", live["metadata"]).get("resourceVersion")


def _came(step: Step, outcome: Outcome, message: str = "") -> Action:
    return replace(step.action, outcome=outcome, message=message)
