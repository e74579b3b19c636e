"""Call a handler for each event that has one: a few at a time, and each object and reason once in five minutes."""

import math
import traceback
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import anyio
from msgspec import structs

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.reactions.actions import ANSWER_SECONDS, Actions
from checks.reactions.fitting import fitted
from checks.reactions.reaction import Handler, Reaction
from checks.reactions.repeats import Key, Repeats, key

MOST_WAITING = 1000
"""Objects and reasons that wait for a handler. With more of them, new ones are dropped."""
WORKERS = 4
HANDLER_SECONDS = 15.0
"""The timeout of a handler."""
REPORT_SECONDS = 1.0

Report = Callable[[Occurrence, Reaction | None, str, str], Awaitable[None]]
"""Takes the event, what its handler found, why it failed, and what was done; it must not wait for long."""


@dataclass
class ReactorStats:
    """What a reactor counts, for the metrics. Events are counted with their repeats, results by reason."""

    queued: int = 0
    """Objects and reasons that wait for a handler now."""
    handled: Counter[str] = field(default_factory=Counter)
    """Handlers that ended, by reason."""
    failed: Counter[str] = field(default_factory=Counter)
    """Handlers that failed or did not end in time, by reason."""
    timed_out: int = 0
    """Handlers that did not end in time."""
    dropped: int = 0
    """Events that no handler saw, because too many waited."""
    suppressed: int = 0
    """Events that no handler saw, because their object and reason were handled within five minutes."""


class Reactor:
    """Gives events to handlers, and what these find to `report`.

    Handlers are code of others: one that raises or hangs is reported, and the others go on.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        api: ApiClient,
        report: Report,
        actions: Actions,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.stats = ReactorStats()
        self._handlers, self._api, self._report, self._actions = handlers, api, report, actions
        self._repeats = Repeats(clock)
        self._waiting: OrderedDict[Key, Occurrence] = OrderedDict()
        self._ready = anyio.Semaphore(0)

    def take(self, occurred: Occurrence) -> None:
        """Put an event into the queue, unless it has no handler, is a repeat, or the queue is full."""
        if occurred.reason not in self._handlers:
            return
        about = key(occurred)
        if (waiting := self._waiting.get(about)) is not None:
            self._waiting[about] = _joined(waiting, occurred)
        elif self._repeats.suppress(about, occurred.times):
            self.stats.suppressed += occurred.times
        elif len(self._waiting) >= MOST_WAITING:
            self.stats.dropped += occurred.times
        else:
            self._waiting[about] = occurred
            self.stats.queued = len(self._waiting)
            self._ready.release()

    async def run(self) -> None:
        """Call handlers for ever."""
        async with anyio.create_task_group() as group:
            for _ in range(WORKERS):
                group.start_soon(self._work)

    async def _work(self) -> None:
        while True:
            await self._ready.acquire()
            about, occurred = self._waiting.popitem(last=False)
            self.stats.queued = len(self._waiting)
            await self._react(occurred, self._repeats.begin(about))

    async def _react(self, occurred: Occurrence, repeats: int) -> None:
        """Call the handler, do what it proposes, and report both."""
        found, failed = await self._handled(occurred)
        counted = self.stats.failed if failed else self.stats.handled
        counted[occurred.reason] += 1
        if found and repeats:
            note = f"{repeats} equal events since the last reaction to this object and reason were not examined"
            found = Reaction(found.summary, (note, *found.details), found.action)
        if found and found.action:
            # What is done to the cluster is also reported, even if the agent ends meanwhile.
            with anyio.move_on_after(ANSWER_SECONDS + REPORT_SECONDS, shield=True):
                await self._report(occurred, found, "", await self._actions.perform(found.action))
        elif found or failed:
            await self._report(occurred, found, failed, "")

    async def _handled(self, occurred: Occurrence) -> tuple[Reaction | None, str]:
        """Return what a handler found, and why it failed if it did."""
        handler = self._handlers[occurred.reason]
        name = f"the handler of {occurred.reason} ({handler.__module__})"
        found, failed = None, ""
        with anyio.move_on_after(HANDLER_SECONDS) as scope:
            try:
                found = fitted(await handler(occurred, self._api))
            # A handler can raise anything. It concerns one event, and must not end the agent or one of its workers.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                failed = f"{name} raised {_what(error)}: this is a bug in it"
            except anyio.get_cancelled_exc_class() as error:
                if anyio.current_effective_deadline() == -math.inf:
                    raise
                # No scope was cancelled: the handler raised this itself, which would end the worker without a word.
                failed = f"{name} raised {_what(error)}: this is a bug in it"
        if scope.cancelled_caught:
            self.stats.timed_out += 1
            failed = f"{name} did not end within {HANDLER_SECONDS:.0f} s"
        return found, failed


def _joined(waiting: Occurrence, occurred: Occurrence) -> Occurrence:
    """Return two equal events as one: the later one, with the count of both."""
    later = occurred if occurred.last >= waiting.last else waiting
    times, first = waiting.times + occurred.times, min(waiting.first, occurred.first)
    return structs.replace(later, times=times, first=first)


def _what(error: BaseException) -> str:
    """Return the type of an error and where it was raised; its message can have secrets."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"
