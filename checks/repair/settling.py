"""Wait until a repaired cluster has settled, and find out who undoes the repair."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import cast

import anyio
from msgspec.structs import replace

from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.kube.resources import Document
from checks.repair.actions import Action, Outcome
from checks.repair.author import author, creator
from checks.repair.kinds import kind_of
from checks.repair.paths import find, is_list
from checks.repair.steps import Step
from checks.repair.webhooks import webhooks
from checks.results.result import Finding, Ref
from checks.results.result import Report as Verification

WATCHED_SECONDS = 5.0
"""Shortest time for which written objects are observed: a controller would have undone the repair by then."""
SETTLED_SECONDS = 120.0
"""Timeout for a rollout."""
_PAUSE_SECONDS = 1.0

Key = tuple[str, Ref]


def key(finding: Finding) -> Key:
    """Return what identifies a finding in two verifications."""
    return finding.code, finding.object


async def settle(
    api: ApiClient,
    verification: Callable[[], Awaitable[Verification]],
    written: Sequence[tuple[Step, Action]],
    is_open: Callable[[Verification], bool],
) -> tuple[list[Action], Verification]:
    """Verify until nothing is open, or a change was undone; return the actions and the last verification."""
    start = anyio.current_time()
    while True:
        await anyio.sleep(_PAUSE_SECONDS)
        report = await verification()
        actions = [await _seen_again(api, step, action) for step, action in written]
        seconds = anyio.current_time() - start
        undone = any(action.outcome is Outcome.BACK for action in actions)
        settled = seconds >= WATCHED_SECONDS and not is_open(report)
        if undone or settled or seconds >= SETTLED_SECONDS:
            return actions, report


async def _seen_again(api: ApiClient, step: Step, action: Action) -> Action:
    """Return the action, with the outcome BACK if its object shows that it was undone."""
    if action.outcome is not Outcome.DONE:
        return action
    ref = step.object
    reading = await api.get(kind_of(ref), ref.namespace, ref.name)
    if isinstance(reading, ReadFailure) or reading.value is None or not is_undone(step, reading.value):
        return action
    live = reading.value
    who = creator(live) if step.is_deletion else author(live, step.path)
    if who is None or who.is_ours:
        message = _by_admission(step, await webhooks(api, ref))
    else:
        message = f"{who} {_again(step)}: stop that writer, or declare the object or field"
    return replace(action, outcome=Outcome.BACK, message=message)


def is_undone(step: Step, live: Document) -> bool:
    """Return whether an object was created again, or a field was set again."""
    if step.is_deletion:
        return _uid(live) != _uid(step.live)
    if (items := _items(step, live)) is not None:
        return step.seen in items
    field = find(live, step.path)
    if step.to is not None:
        return field is None or field.value != step.to
    if field is None:
        return False
    # A default that the API server fills in has no author.
    who = author(live, step.path)
    return field.value == step.seen or (who is not None and not who.is_ours)


def _items(step: Step, live: Document) -> Iterable[object] | None:
    """Return the list from which an item without a name was removed, since another item has its index now."""
    last = step.path[-1]
    parent = find(live, step.path[:-1])
    if step.to is None and last[1:-1].isdecimal() and parent is not None and is_list(parent.value):
        return parent.value
    return None


def _again(step: Step) -> str:
    return "created it again" if step.is_deletion else "set it again"


def _by_admission(step: Step, configurations: Sequence[str]) -> str:
    """Return what is known of a change that has no author: what admission adds is set by nobody."""
    if not configurations:
        return (
            f"an admission webhook or the API server itself {_again(step)}: stop that, or declare the object or field"
        )
    these = ", ".join(configurations)
    return (
        f"an admission webhook or the API server itself {_again(step)}: look at MutatingWebhookConfiguration {these}, "
        "and have it leave the object alone, or declare the object or field"
    )


def _uid(live: Document) -> object:
    return cast("dict[str, object]", live["metadata"]).get("uid")
