"""Candidates against an API server with one Lease: one of them leads, and whatever fails, never two."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx2
import pytest

from checks.agent.leader import Election, Timing
from checks.kube.client import ApiClient
from tests.checks import fake_patch

pytestmark = pytest.mark.usefixtures("impatient")

QUICK = Timing(lease=2.0, renew=1.4, retry=0.2, attempt=0.6)
PATIENCE_SECONDS = 20.0
Handler = Callable[[httpx2.Request], Awaitable[httpx2.Response]]


@dataclass
class Leases:
    """The API server's side: one Lease, written only by whoever names the version that it has."""

    lease: dict[str, Any] | None = None
    version: int = 0
    before_write: Callable[[], Awaitable[None]] | None = None

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return _status(404) if self.lease is None else httpx2.Response(200, json=self.lease)
        if self.before_write:
            await self.before_write()
        document = json.loads(request.content)
        if request.method == "POST":
            if self.lease is not None:
                return _status(409)
            self.lease = document
        else:
            assert self.lease is not None
            changed = json.loads(json.dumps(self.lease))
            if not fake_patch.apply(changed, document):
                return _status(422)
            self.lease = changed
        self.version += 1
        self.lease["metadata"]["resourceVersion"] = str(self.version)
        return httpx2.Response(200, json=self.lease)


def _status(code: int, message: str = "") -> httpx2.Response:
    return httpx2.Response(code, json={"kind": "Status", "message": message, "code": code})


@dataclass
class Candidate:
    """One candidate, and what happened to it, with the time of each event."""

    leases: Leases
    name: str
    skew: timedelta = timedelta()
    answer: Handler | None = None
    """Answers in the API server's stead."""
    events: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        async def answer(request: httpx2.Request) -> httpx2.Response:
            return await (self.answer or self.leases.answer)(request)

        client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="https://api.test")
        self.election = Election(ApiClient(client), self.name, QUICK, lambda: datetime.now(UTC) + self.skew)

    async def run(self) -> None:
        with anyio.CancelScope() as self.scope:
            await self.election.run(self.lead)

    async def lead(self) -> None:
        self.events.append((time.monotonic(), "leads"))
        try:
            await anyio.sleep_forever()
        finally:
            self.events.append((time.monotonic(), "ends"))

    def at(self, event: str) -> float:
        return next(moment for moment, name in reversed(self.events) if name == event)


async def until(holds: Callable[[], object]) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        while not holds():
            await anyio.sleep(0.01)


def play(scene: Callable[[anyio.abc.TaskGroup], Awaitable[None]]) -> None:
    async def main() -> None:
        async with anyio.create_task_group() as group:
            await scene(group)
            group.cancel_scope.cancel()

    anyio.run(main)


async def start(group: anyio.abc.TaskGroup, leader: Candidate, follower: Candidate) -> None:
    """Start two candidates, of which the first leads, and the second knows it."""
    group.start_soon(leader.run)
    await until(lambda: leader.election.leading)
    group.start_soon(follower.run)
    await until(lambda: follower.election.holder == leader.name)


async def unreachable(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


async def silent(request: httpx2.Request) -> httpx2.Response:
    await anyio.sleep_forever()
    raise AssertionError


def test_one_leads_and_the_other_knows_it() -> None:
    leases = Leases()
    one, other = Candidate(leases, "a"), Candidate(leases, "b")

    async def scene(group: anyio.abc.TaskGroup) -> None:
        await start(group, one, other)
        await anyio.sleep(1.25 * QUICK.lease)
        assert (one.election.leading, other.election.leading, other.events) == (True, False, [])
        assert len(one.events) == 1, "it leads without interruption"

    play(scene)


def test_who_ends_gives_the_lease_back_after_its_work_has_ended() -> None:
    leases = Leases()
    one, other = Candidate(leases, "a"), Candidate(leases, "b")

    async def scene(group: anyio.abc.TaskGroup) -> None:
        await start(group, one, other)
        one.scope.cancel()
        await until(lambda: other.events)
        assert one.at("ends") <= other.at("leads")
        assert other.at("leads") - one.at("ends") < QUICK.lease / 2, "it did not wait until the Lease expired"
        assert other.election.transitions == 1
        assert leases.lease is not None
        assert leases.lease["spec"]["holderIdentity"] == "b"

    play(scene)


def test_who_ends_during_a_renewal_gives_the_lease_back_too() -> None:
    leases = Leases()
    one = Candidate(leases, "a")
    unanswered = anyio.Event()

    async def written_but_unanswered_once(request: httpx2.Request) -> httpx2.Response:
        response = await leases.answer(request)
        if request.method == "PATCH" and not unanswered.is_set():
            unanswered.set()
            await anyio.sleep_forever()
        return response

    async def scene(group: anyio.abc.TaskGroup) -> None:
        group.start_soon(one.run)
        await until(lambda: one.election.leading)
        one.answer = written_but_unanswered_once
        await unanswered.wait()
        one.scope.cancel()
        await until(lambda: leases.lease and leases.lease["spec"]["holderIdentity"] == "")

    play(scene)


@pytest.mark.parametrize("fault", [unreachable, silent], ids=["unreachable", "silent"])
def test_who_cannot_renew_stops_before_another_leads(fault: Handler) -> None:
    leases = Leases()
    one, other = Candidate(leases, "a"), Candidate(leases, "b")

    async def scene(group: anyio.abc.TaskGroup) -> None:
        await start(group, one, other)
        one.answer = fault
        await until(lambda: other.events)
        assert one.at("ends") < other.at("leads")
        assert one.election.problem
        one.answer = None
        await until(lambda: one.election.holder == "b")
        assert (one.election.leading, one.election.problem) == (False, "")

    play(scene)


def test_an_outage_for_all_ends_with_the_same_leader() -> None:
    leases = Leases()
    one = Candidate(leases, "a")

    async def scene(group: anyio.abc.TaskGroup) -> None:
        group.start_soon(one.run)
        await until(lambda: one.election.leading)
        one.answer = unreachable
        await until(lambda: not one.election.leading)
        one.answer = None
        await until(lambda: one.election.leading)
        assert [name for _, name in one.events] == ["leads", "ends", "leads"]
        assert one.election.transitions == 0

    play(scene)


def test_clocks_may_differ() -> None:
    leases = Leases()
    one, other = Candidate(leases, "a", timedelta(hours=-24)), Candidate(leases, "b", timedelta(hours=24))

    async def scene(group: anyio.abc.TaskGroup) -> None:
        await start(group, one, other)
        await anyio.sleep(1.25 * QUICK.lease)
        assert other.events == []
        # As if it was killed: nothing is released.
        one.answer = unreachable
        await until(lambda: other.election.leading)
        one.answer = None
        await until(lambda: one.election.holder == "b")
        assert (one.election.leading, other.election.leading) == (False, True)

    play(scene)


def test_of_two_that_take_a_free_lease_at_the_same_time_one_gets_it() -> None:
    spec = {"holderIdentity": "", "leaseDurationSeconds": 1, "leaseTransitions": 7}
    leases = Leases({"metadata": {"name": "cortex-agent", "resourceVersion": "9"}, "spec": spec}, version=9)
    one, other = Candidate(leases, "a"), Candidate(leases, "b")
    arrived = 0

    async def both() -> None:
        nonlocal arrived
        arrived += 1
        await until(lambda: arrived > 1)

    async def scene(group: anyio.abc.TaskGroup) -> None:
        leases.before_write = both
        group.start_soon(one.run)
        group.start_soon(other.run)
        await until(lambda: one.election.leading or other.election.leading)
        await until(lambda: one.election.holder == other.election.holder != "")
        assert one.election.leading is not other.election.leading
        assert one.election.transitions == other.election.transitions == 8

    play(scene)


def test_a_container_that_restarts_leads_on() -> None:
    leases = Leases()
    before, after = Candidate(leases, "a"), Candidate(leases, "a")

    async def scene(group: anyio.abc.TaskGroup) -> None:
        group.start_soon(before.run)
        await until(lambda: before.election.leading)
        before.answer = unreachable
        group.start_soon(after.run)
        await until(lambda: after.election.leading)
        assert after.at("leads") < before.at("leads") + QUICK.lease
        assert after.election.transitions == 0

    play(scene)


def test_a_paused_leader_does_not_take_itself_for_one() -> None:
    one = Candidate(Leases(), "a")

    async def scene(group: anyio.abc.TaskGroup) -> None:
        group.start_soon(one.run)
        await until(lambda: one.election.leading)
        time.sleep(QUICK.renew)
        assert not one.election.leading

    play(scene)


def test_a_missing_permission_is_named() -> None:
    async def forbidden(request: httpx2.Request) -> httpx2.Response:
        return _status(403, "forbidden")

    one = Candidate(Leases(), "a", answer=forbidden)

    async def scene(group: anyio.abc.TaskGroup) -> None:
        group.start_soon(one.run)
        await until(lambda: one.election.problem)
        assert one.election.problem == (
            'the account lacks the verb "get" on "leases.coordination.k8s.io" in namespace cortex-system: grant it'
        )

    play(scene)
