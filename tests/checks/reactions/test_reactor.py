"""The reactor: joined, bounded, isolated, and not again within five minutes."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import anyio
import pytest
from msgspec import structs

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.reactions import reactor as module
from checks.reactions import repeats
from checks.reactions.actions import Actions
from checks.reactions.reaction import Action, Handler, Reaction, Verb
from checks.reactions.reactor import MOST_WAITING, WORKERS, Reactor
from checks.results.result import Ref
from tests.checks.reactions.examples import occurred

DEADLINE_SECONDS = 10


@dataclass
class Reported:
    """What was reported."""

    lines: list[tuple[Occurrence, Reaction | None, str, str]] = field(default_factory=list)
    more: anyio.Event = field(default_factory=anyio.Event)

    async def __call__(self, about: Occurrence, found: Reaction | None, failed: str, done: str) -> None:
        self.lines.append((about, found, failed, done))
        self.more.set()

    async def until(self, count: int) -> None:
        """Wait until so many were reported."""
        with anyio.fail_after(DEADLINE_SECONDS):
            while len(self.lines) < count:
                await self.more.wait()
                self.more = anyio.Event()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class NothingDone(Actions):
    async def perform(self, action: Action) -> str:
        return f"{action.verb} was done"


Scenario = Callable[[Reactor, Reported, Clock], Awaitable[None]]


async def says(about: Occurrence, api: ApiClient) -> Reaction | None:
    return Reaction(f"{about.object.name} seen {about.times} times", ("a detail",))


def play(handlers: dict[str, Handler], scenario: Scenario, *, running: bool = True) -> None:
    """Run a reactor, and a scenario beside it."""

    async def main() -> None:
        async with Connection("test", "http://127.0.0.1:9").client() as client:
            api, clock, reported = ApiClient(client), Clock(), Reported()
            reactor = Reactor(handlers, api, reported, NothingDone(frozenset(), api), clock)
            async with anyio.create_task_group() as group:
                if running:
                    group.start_soon(reactor.run)
                await scenario(reactor, reported, clock)
                group.cancel_scope.cancel()

    anyio.run(main)


def about(name: str, reason: str = "X", times: int = 1, minutes: int = 0) -> Occurrence:
    return occurred(reason, about=Ref("Pod", name, "s"), times=times, minutes=minutes)


def test_equal_events_are_joined_while_they_wait() -> None:
    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        reactor.take(about("a", times=2, minutes=2))
        reactor.take(structs.replace(about("a", times=3, minutes=1), message="older"))
        reactor.take(about("b"))
        assert reactor.stats.queued == 2
        await reported.until(2)
        first, second = reported.lines
        assert first[1] == Reaction("a seen 5 times", ("a detail",))
        assert (first[0].message, first[0].last.minute) == ("", 2)
        assert second[1] == Reaction("b seen 1 times", ("a detail",))
        assert (reactor.stats.handled, reactor.stats.queued) == ({"X": 2}, 0)

    play({"X": says}, scenario)


def test_reasons_without_a_handler_are_no_work() -> None:
    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        reactor.take(about("a", reason="Pulled"))
        assert (reactor.stats.queued, reactor.stats.dropped) == (0, 0)

    play({"X": says}, scenario, running=False)


def test_a_full_queue_drops_what_is_new_and_counts_it() -> None:
    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        for number in range(MOST_WAITING):
            reactor.take(about(f"pod-{number}"))
        reactor.take(about("too-many", times=7))
        reactor.take(about("pod-0", times=4))
        assert (reactor.stats.queued, reactor.stats.dropped) == (MOST_WAITING, 7)
        async with anyio.create_task_group() as group:
            group.start_soon(reactor.run)
            await reported.until(MOST_WAITING)
            group.cancel_scope.cancel()
        assert reported.lines[0][0].times == 5
        assert "too-many" not in {line[0].object.name for line in reported.lines}

    play({"X": says}, scenario, running=False)


def test_repeats_within_five_minutes_are_counted_and_told_by_the_next_report() -> None:
    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        reactor.take(about("a"))
        await reported.until(1)
        clock.now = repeats.COOL_DOWN_SECONDS - 1
        reactor.take(about("a", times=40))
        reactor.take(about("a", times=2))
        reactor.take(about("a", reason="Y"))
        await reported.until(2)
        assert (reactor.stats.suppressed, reactor.stats.queued) == (42, 0)
        clock.now = repeats.COOL_DOWN_SECONDS
        reactor.take(about("a"))
        await reported.until(3)
        note = "42 equal events since the last reaction to this object and reason were not examined"
        assert reported.lines[2][1] == Reaction("a seen 1 times", (note, "a detail"))
        assert reported.lines[1][1] == Reaction("a seen 1 times", ("a detail",))

    play({"X": says, "Y": says}, scenario)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MOST_REMEMBERED", 3)
    seen = repeats.Repeats(lambda: 0.0)
    keys = [repeats.key(about(str(number))) for number in range(5)]
    for key in keys:
        seen.begin(key)
    assert [seen.suppress(key, 1) for key in keys] == [False, False, True, True, True]


async def raises(about: Occurrence, api: ApiClient) -> Reaction | None:
    raise ValueError("password=hunter2")


async def hangs(about: Occurrence, api: ApiClient) -> Reaction | None:
    await anyio.sleep_forever()
    return None


async def exits(about: Occurrence, api: ApiClient) -> Reaction | None:
    sys.exit(7)


async def cancels(about: Occurrence, api: ApiClient) -> Reaction | None:
    raise asyncio.CancelledError


async def wrong(about: Occurrence, api: ApiClient) -> Reaction | None:
    return cast("Reaction", "a text")


def plain(about: Occurrence, api: ApiClient) -> Awaitable[Reaction | None]:
    return cast("Awaitable[Reaction]", Reaction("not awaited"))


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (raises, " raised ValueError (test_reactor.py, line"),
        (exits, " raised SystemExit (test_reactor.py, line"),
        (cancels, " raised CancelledError (test_reactor.py, line"),
        (wrong, " raised TypeError (fitting.py, line"),
        (plain, " raised TypeError (reactor.py, line"),
        (hangs, " did not end within 0 s"),
    ],
)
def test_a_faulty_handler_is_reported_and_the_rest_goes_on(
    handler: Handler, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HANDLER_SECONDS", 0.1)

    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        faulty = 2 * WORKERS
        for number in range(faulty):
            reactor.take(about(f"pod-{number}", reason="Faulty"))
        await reported.until(faulty)
        failed = {line[2] for line in reported.lines}
        assert all(f"the handler of Faulty ({__name__}){sentence}" in text for text in failed)
        assert not any("hunter2" in text for text in failed)
        assert {line[1] for line in reported.lines} == {None}
        reactor.take(about("well"))
        await reported.until(faulty + 1)
        assert (reactor.stats.failed, reactor.stats.handled) == ({"Faulty": faulty}, {"X": 1})
        assert reactor.stats.timed_out == (faulty if handler is hangs else 0)

    play({"X": says, "Faulty": handler}, scenario)


def test_a_handler_that_hangs_does_not_delay_others() -> None:
    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        for number in range(WORKERS - 1):
            reactor.take(about(f"pod-{number}", reason="Hangs"))
        for number in range(100):
            reactor.take(about(f"pod-{number}"))
        await reported.until(100)

    play({"X": says, "Hangs": hangs}, scenario)


def test_nothing_to_say_is_not_reported() -> None:
    async def nothing(about: Occurrence, api: ApiClient) -> Reaction | None:
        return None

    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        reactor.take(about("a", reason="Quiet"))
        reactor.take(about("a"))
        await reported.until(1)
        while reactor.stats.handled.total() < 2:
            await anyio.sleep(0)
        assert [line[0].reason for line in reported.lines] == ["X"]

    play({"X": says, "Quiet": nothing}, scenario)


def test_what_was_done_is_reported_even_if_the_agent_ends_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    action = Action(Verb.CORDON, Ref("Node", "n"), "a test")

    async def proposes(about: Occurrence, api: ApiClient) -> Reaction | None:
        return Reaction("bad", action=action)

    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        begun = anyio.Event()

        async def slow(self: Actions, action: Action) -> str:
            begun.set()
            await anyio.sleep(0.05)
            return f"{action.verb} was done"

        monkeypatch.setattr(NothingDone, "perform", slow)
        async with anyio.create_task_group() as group:
            group.start_soon(reactor.run)
            reactor.take(about("a"))
            await begun.wait()
            group.cancel_scope.cancel()
        assert [line[1:] for line in reported.lines] == [(Reaction("bad", action=action), "", "cordon was done")]

    play({"X": proposes}, scenario, running=False)


def test_a_storm_of_equal_events_is_one_reaction() -> None:
    async def scenario(reactor: Reactor, reported: Reported, clock: Clock) -> None:
        for _ in range(10_000):
            reactor.take(about("a"))
        await reported.until(1)
        assert reported.lines[0][0].times == 10_000
        for _ in range(10_000):
            reactor.take(about("a"))
        assert (reactor.stats.suppressed, reactor.stats.queued, len(reported.lines)) == (10_000, 0, 1)

    play({"X": says}, scenario)
