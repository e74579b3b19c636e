"""Changes are joined to one write, in the order in which they came."""

from pathlib import Path

import anyio

from checks.agent.log_keeper import LogKeeper
from checks.event_log import files
from checks.event_log.entry import LoggedChange, LoggedReaction
from checks.event_log.writer import Retention
from checks.results.result import Ref

POD = Ref("Pod", "time-1", "cortex-mcp")


def change(number: int) -> LoggedChange:
    return LoggedChange(POD, "pod", "", str(number))


def written(folder: Path) -> list[str]:
    entries = [entry for _, path in files.days(folder) for entry in files.entries(path) if entry]
    return [entry.change.after if entry.change else "reaction" for entry in entries]


def test_changes_wait_for_the_next_tick_and_a_reaction_for_nothing(tmp_path: Path) -> None:
    keeper = LogKeeper(tmp_path, Retention(), tuple)
    keeper.open()
    keeper.changed(change(1))
    assert written(tmp_path) == []
    keeper.reacted(LoggedReaction("BackOff", POD))
    assert written(tmp_path) == ["1", "reaction"]
    keeper.changed(change(2))

    async def run_until_the_tick() -> None:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(keeper.run)
                while keeper.stats.written < 3:
                    await anyio.sleep(0.01)
                keeper.changed(change(3))
                group.cancel_scope.cancel()

    anyio.run(run_until_the_tick)
    assert written(tmp_path) == ["1", "reaction", "2", "3"]
