"""Keep the event log of an agent, or wait until the agent that keeps it has ended."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import anyio
from anyio import to_thread

from checks.errors import CheckError, UncheckedError
from checks.event_log import resume
from checks.event_log.entry import Entry, LoggedChange, LoggedGap, LoggedReaction
from checks.event_log.grouping import Grouping
from checks.event_log.writer import EventLog, LogStats, Retention
from checks.events.occurrence import Occurrence
from checks.kube.watch.reflector import Gap

TICK_SECONDS = 0.25
RETRY_SECONDS = 2.0
"""How often an agent that waits for the log tries to open it."""


class LogKeeper:
    """Writes what occurs. `known` returns what occurred as the API server remembers it, for the time before."""

    def __init__(self, folder: Path, retention: Retention, known: Callable[[], Iterable[Occurrence]]) -> None:
        self.folder = folder
        self.opened = anyio.Event()
        self.waits = ""
        """Why this agent does not write; empty while it does."""
        self._unusable = ""
        """Why the folder cannot be used, if that is why."""
        self._retention, self._known = retention, known
        self._log: EventLog | None = None
        self._logged = resume.Logged()
        self._grouping = Grouping()
        self._changes: list[Entry] = []

    @property
    def stats(self) -> LogStats:
        """Return what the log counts."""
        return self._log.stats if self._log else LogStats(problem=self._unusable)

    async def open(self) -> None:
        """Open the log, if no other agent writes it.

        Raises:
            UsageError: the folder cannot be used.
        """
        try:
            # Not in the event loop, because a large log takes seconds to read.
            self._log, self._logged = await to_thread.run_sync(self._load)
        except UncheckedError as error:
            self.waits = str(error)
            return
        self.waits = self._unusable = ""
        for occurred in self._known():
            self.occurred(occurred)
        self.opened.set()

    def _load(self) -> tuple[EventLog, resume.Logged]:
        log, now = EventLog(self.folder, self._retention), datetime.now(UTC)
        logged = resume.logged(self.folder, now)
        log.stats.torn += logged.damaged
        if logged.last and now - logged.last > resume.KEPT:
            reason = "no agent wrote this log, and API servers keep events for an hour"
            log.append(Entry(now, gap=LoggedGap(logged.last, now, reason)))
        return log, logged

    async def run(self) -> None:
        """Write until cancelled; then write what is left, and close the log."""
        try:
            while True:
                if self._log:
                    self._flush()
                    await anyio.sleep(TICK_SECONDS)
                else:
                    await anyio.sleep(RETRY_SECONDS)
                    await self._try_to_open()
        finally:
            if self._log:
                self._flush(everything=True)
                self._log.close()

    def occurred(self, occurred: Occurrence) -> None:
        """Write what occurred, joined with its equals, unless the log has it already."""
        rest = self._logged.rest(occurred) if self._log else None
        if rest:
            self._grouping.add(rest, monotonic())

    def missed(self, gap: Gap, namespace: str) -> None:
        """Write that events can have been missed."""
        reason = f"the API server no longer had the changes of events in namespace {namespace}"
        self._append(Entry(datetime.now(UTC), gap=LoggedGap(gap.since, gap.until, reason)))

    def changed(self, change: LoggedChange) -> None:
        """Write a change of an object with the next tick: thousands may come at once, and each write is synced."""
        if self._log:
            self._changes.append(Entry(datetime.now(UTC), change=change))

    def reacted(self, reaction: LoggedReaction) -> None:
        """Write a reaction."""
        self._append(Entry(datetime.now(UTC), reaction=reaction))

    def _append(self, entry: Entry) -> None:
        if self._log:
            self._log.append(*self._waiting(), entry)

    def _waiting(self) -> list[Entry]:
        """Return the changes that are not written yet, and forget them."""
        changes, self._changes = self._changes, []
        return changes

    async def _try_to_open(self) -> None:
        try:
            await self.open()
        except CheckError as error:
            self.waits = self._unusable = str(error)

    def _flush(self, *, everything: bool = False) -> None:
        now = datetime.now(UTC)
        groups = self._grouping.due(monotonic(), everything=everything)
        if self._log:
            self._log.append(*self._waiting(), *(Entry(now, event=each) for each in groups))
