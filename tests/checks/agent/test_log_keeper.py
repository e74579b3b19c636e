"""One agent keeps the log; another one waits, takes over, and writes nothing twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from checks.agent import log_keeper
from checks.agent.log_keeper import LogKeeper
from checks.errors import UsageError
from checks.event_log import files
from checks.event_log.entry import Entry, LoggedChange, LoggedReaction
from checks.event_log.writer import EventLog, Retention
from checks.events.occurrence import Occurrence
from tests.checks.event_log.samples import POD, occurred


def keeper(folder: Path, *known: Occurrence) -> LogKeeper:
    return LogKeeper(folder, Retention(), lambda: known)


def entries(folder: Path) -> list[Entry]:
    return [entry for _, path in files.days(folder) for entry in files.entries(path) if entry]


def counts(folder: Path) -> list[int]:
    return [entry.event.count for entry in entries(folder) if entry.event]


def kept(one: LogKeeper, until: Callable[[], object]) -> None:
    """Keep the log until a condition holds."""

    async def go() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(one.run)
            with anyio.fail_after(10):
                while not until():
                    await anyio.sleep(0.01)
            group.cancel_scope.cancel()

    anyio.run(go)


def test_what_occurs_is_written_and_at_the_end_what_waited(tmp_path: Path) -> None:
    one = keeper(tmp_path)
    anyio.run(one.open)
    one.occurred(occurred(1))
    one.occurred(occurred(2))
    kept(one, lambda: True)
    assert counts(tmp_path) == [2]


def test_another_agent_waits_and_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_keeper, "RETRY_SECONDS", 0.01)
    first = keeper(tmp_path)
    anyio.run(first.open)
    first.occurred(occurred(1))
    second = keeper(tmp_path, occurred(1), occurred(2))
    anyio.run(second.open)
    assert second.waits.startswith("another agent writes the event log in")
    assert second.stats.problem == ""
    second.occurred(occurred(2))
    second.reacted(LoggedReaction("BackOff", POD, "not by this one"))
    kept(first, lambda: True)
    kept(second, lambda: not second.waits)
    assert counts(tmp_path) == [1, 1]
    assert not any(entry.reaction for entry in entries(tmp_path))


def test_after_a_long_time_without_an_agent_there_is_a_gap(tmp_path: Path) -> None:
    old = datetime.now(UTC) - timedelta(hours=3)
    log = EventLog(tmp_path, Retention(), lambda: old)
    log.append(Entry(old, note="the end"))
    log.close()
    one = keeper(tmp_path)
    anyio.run(one.open)
    kept(one, lambda: True)
    (gap,) = [entry.gap for entry in entries(tmp_path) if entry.gap]
    assert gap.since == old
    assert gap.reason == "no agent wrote this log, and API servers keep events for an hour"


def test_changes_wait_for_the_next_tick_and_a_reaction_for_nothing(tmp_path: Path) -> None:
    one = keeper(tmp_path)
    anyio.run(one.open)
    one.changed(LoggedChange(POD, "pod", "", "1"))
    assert entries(tmp_path) == []
    one.reacted(LoggedReaction("BackOff", POD))
    one.changed(LoggedChange(POD, "pod", "", "2"))
    kept(one, lambda: one.stats.written == 3)
    assert [entry.change.after if entry.change else "reaction" for entry in entries(tmp_path)] == ["1", "reaction", "2"]


def test_a_folder_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="the event log cannot be kept in"):
        anyio.run(keeper(tmp_path / "file" / "log").open)
