"""Rotate the Secrets of a stack that are due, in a pod of the rotator; first finish what a killed pod left behind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from checks.errors import CheckError
from checks.kube.client import ApiClient
from checks.rotation import live_secret, log
from checks.rotation.cluster_journal import ClusterJournal, KeptInJournal
from checks.rotation.journal import State, resumed
from checks.rotation.lease import holding
from checks.rotation.order import Order
from checks.rotation.provider import Managed, every
from checks.rotation.readers import Readers
from checks.rotation.rotate import rotate
from checks.rotation.value_place import LiveValue, ValuePlace
from checks.secrets.sealed import Opened, rotated
from checks.secrets.wanted import Place
from checks.target import Target
from stacks.model.declaration import Declaration
from stacks.model.rotation import Rotation, hours

ROLLOUT_SECONDS = 300.0
"""How long a rollout may take before it is rolled back, as by default of `cortex secrets rotate`."""


@dataclass(frozen=True)
class Out:
    """Where a run says what it does, and shows the entries of the log, each as a line of JSON."""

    say: Callable[[str], None]
    show: Callable[[str], None]


async def rotate_due(target: Target, out: Out) -> None:
    """Rotate every Secret that is due; one that fails does not keep the others from it.

    Raises:
        CheckError: the first failure.
    """
    failures: list[CheckError] = []
    async with target.connection.client() as http:
        api = ApiClient(http)
        unfinished = await _unfinished(target.declaration, api, out)
        # One that was taken back is tried again in the next run, not in this one.
        others = [one for one in _scheduled(target.declaration) if not unfinished or one.place != unfinished.place]
        works = [partial(_rotate, unfinished)] if unfinished else []
        works += [partial(_if_due, api, one) for one in others]
        for work in works:
            try:
                await work(target, out)
            except CheckError as error:
                failures.append(error)
    for failure in failures[1:]:
        out.say(str(failure))
    if failures:
        raise failures[0]


@dataclass(frozen=True)
class _Scheduled:
    """A Secret that is rotated on a schedule."""

    managed: Managed
    rotation: Rotation
    key: str

    @property
    def place(self) -> Place:
        return self.managed.place


def _scheduled(declaration: Declaration) -> Iterator[_Scheduled]:
    for managed in every(declaration):
        secret = declaration.secrets.get(managed.secret.key)
        if secret is not None and secret.rotation is not None and managed.secret.scheduled:
            yield _Scheduled(managed, secret.rotation, secret.rotated_key())


def is_due(live: Opened, rotation: Rotation, now: datetime) -> bool:
    """Return whether the last rotation, or else the creation of a Secret, is as long ago as the interval."""
    since = rotated(live) or live.metadata.creation_timestamp
    return now - since >= timedelta(hours=hours(rotation.every))


async def _if_due(api: ApiClient, one: _Scheduled, target: Target, out: Out) -> None:
    live = await live_secret.require(api, one.place)
    if is_due(live, one.rotation, datetime.now(UTC)):
        await _rotate(one, target, out)
    else:
        out.say(f"{one.managed.ref} is not due")


async def _unfinished(declaration: Declaration, api: ApiClient, out: Out) -> _Scheduled | None:
    """Return what a pod that was killed has not finished, unless the declaration no longer has it."""
    journal = await resumed(ClusterJournal(api))
    if journal is None:
        return None
    state = journal.state
    for one in _scheduled(declaration):
        if one.place == (state.namespace, state.name) and state.key in one.managed.secret.keys:
            return replace(one, key=state.key)
    out.say(f"Secret {state.namespace}/{state.name} is no longer rotated on a schedule: its rotation is given up")
    await holding(api, f"{log.by()}/{state.id}", out.say, partial(_given_up, api, state))
    return None


async def _given_up(api: ApiClient, state: State) -> None:
    journal = await resumed(ClusterJournal(api))
    if journal is not None and journal.state.id == state.id:
        await journal.close()


async def _rotate(one: _Scheduled, target: Target, out: Out) -> None:
    def place(api: ApiClient, readers: Readers) -> ValuePlace:
        return LiveValue(api, one.place, one.key, readers, KeptInJournal(ClusterJournal(api)))

    async def read() -> bytes:
        return one.rotation.generator.value().encode()

    async def record(api: ApiClient, entry: log.Entry) -> None:
        await ClusterJournal(api).record(entry)
        out.show(msgspec.json.encode(entry).decode())

    entry = await rotate(
        Order(
            target,
            one.managed,
            one.key,
            read,
            place,
            ClusterJournal,
            record,
            before="",
            after="",
            grace_seconds=0.0,
            timeout_seconds=ROLLOUT_SECONDS,
            say=out.say,
        )
    )
    out.say(f"rotated {one.key} of {one.managed.ref}: {len(entry.pods)} pods run with it")
