"""The agent: what it follows, and where each change goes."""

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import anyio

from checks.agent.event_watcher import EventWatcher, Missed
from checks.event_log import resume
from checks.event_log.entry import Entry, LoggedGap
from checks.event_log.grouping import Grouping
from checks.event_log.writer import EventLog
from checks.events.occurrence import Occurrence
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.stats import WatchStats
from checks.target import Target

TICK_SECONDS = 0.25


class Agent:
    """Follows one cluster until it is cancelled (R8)."""

    def __init__(self, target: Target, connector: Connector, log: EventLog, folder: Path) -> None:
        self._target, self._connector, self._log = target, connector, log
        self._grouping = Grouping()
        self._logged = resume.logged(folder, datetime.now(UTC))
        self._availability = Availability()
        self.watches: list[WatchStats] = []

    async def run(self) -> None:
        """Follow until cancelled; then write what is not in the log yet."""
        self._note_start()
        events = EventWatcher(self._connector, self._availability, self._occurred, self._missed, self._logged.times)
        followed = events.reflectors(self._target.declaration.occupied_namespaces())
        self.watches += [each.stats for each in followed]
        try:
            async with anyio.create_task_group() as group:
                for each in followed:
                    group.start_soon(each.run)
                group.start_soon(self._write_log)
        finally:
            self._flush(all_of_them=True)

    def _note_start(self) -> None:
        now, last = datetime.now(UTC), self._logged.last
        if last and now - last > resume.KEPT:
            reason = "the agent did not run, and API servers keep events for an hour"
            self._log.append(Entry(now, gap=LoggedGap(last, now, reason)))

    async def _occurred(self, occurred: Occurrence) -> None:
        self._grouping.add(occurred, monotonic())

    async def _missed(self, missed: Missed) -> None:
        self._log.append(Entry(datetime.now(UTC), gap=LoggedGap(missed.since, missed.until, missed.reason)))

    async def _write_log(self) -> None:
        while True:
            self._flush()
            await anyio.sleep(TICK_SECONDS)

    def _flush(self, *, all_of_them: bool = False) -> None:
        now = datetime.now(UTC)
        self._log.append(*(Entry(now, event=each) for each in self._grouping.due(monotonic(), all_of_them=all_of_them)))
