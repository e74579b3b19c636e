"""Follow events without an agent: a log in memory, which ends with the command."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic

import anyio

from checks.agent.event_watcher import EventWatcher
from checks.agent.log_keeper import TICK_SECONDS
from checks.event_log.entry import Entry, LoggedGap
from checks.event_log.grouping import Grouping
from checks.events.occurrence import Occurrence
from checks.kube.connection import Connection
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Gap
from checks.target import Target


async def follow(
    target: Target, reload: Callable[[], Connection], begin: datetime, show: Callable[[Entry], bool]
) -> None:
    """Show what occurred since a time, then what occurs, as long as `show` returns True."""
    grouping, gaps = Grouping(), list[Gap]()

    def told(occurred: Occurrence) -> None:
        if occurred.last >= begin:
            grouping.add(occurred, monotonic())

    def waiting() -> Iterator[Entry]:
        now = datetime.now(UTC)
        for event in grouping.due(monotonic()):
            yield Entry(now, event=event)
        while gaps:
            gap = gaps.pop(0)
            yield Entry(now, gap=LoggedGap(gap.since, gap.until, "the API server no longer had the changes"))

    connector = Connector(target.connection, reload)
    namespaces = target.declaration.occupied_namespaces()
    watcher = EventWatcher(namespaces, connector, Availability(), told, lambda gap, _: gaps.append(gap))
    async with anyio.create_task_group() as group:
        for reflector in watcher.reflectors:
            group.start_soon(reflector.run)
        while all(show(entry) for entry in waiting()):
            await anyio.sleep(TICK_SECONDS)
        group.cancel_scope.cancel()
