"""A log is followed over midnight, and half a line is not read."""

from datetime import timedelta
from pathlib import Path

import anyio

from checks.event_log import reader
from checks.event_log.writer import EventLog, Retention
from tests.checks.event_log.samples import BEGIN, note


def test_past_and_new_entries_are_read_once_and_in_order(tmp_path: Path) -> None:
    now = BEGIN
    log = EventLog(tmp_path, Retention(), lambda: now)
    log.append(note("old"), note("one", BEGIN + timedelta(hours=1)))
    seen: list[str] = []

    async def follow() -> None:
        async for entry in reader.follow(tmp_path, BEGIN + timedelta(minutes=30)):
            # A comprehension would show them only at the end, which does not come.
            seen.append(entry.note)  # noqa: PERF401

    async def until(count: int) -> None:
        with anyio.fail_after(5):
            while len(seen) < count:
                await anyio.sleep(0.01)

    async def go() -> None:
        nonlocal now
        async with anyio.create_task_group() as group:
            group.start_soon(follow)
            await until(1)
            with (tmp_path / "events-2026-03-01.jsonl").open("ab", buffering=0) as file:
                file.write(b'{"timestamp":"2026-03-01T13:00:01Z",')
                await anyio.sleep(2 * reader.POLL_SECONDS)
                assert seen == ["one"]
                file.write(b'"note":"two"}\n')
            await until(2)
            now += timedelta(days=1)
            log.append(note("three", now))
            await until(3)
            group.cancel_scope.cancel()

    anyio.run(go)
    assert seen == ["one", "two", "three"]
