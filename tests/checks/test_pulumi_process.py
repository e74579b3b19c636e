"""Pulumi as a process: it is found, or its user is told what it is needed for; a cancellation reaches it."""

import sys
from pathlib import Path

import anyio
import pytest

from checks.errors import UsageError
from checks.pulumi_process import interrupted_if_cancelled, require_pulumi

PROGRAM = """
import pathlib, signal, sys, time
def end(*_):
    pathlib.Path(sys.argv[1]).write_text("interrupted")
    sys.exit()
signal.signal(signal.SIGINT, end)
print("ready", flush=True)
time.sleep(60)
"""


def test_a_missing_program_is_told_with_its_purpose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"^pulumi is not on PATH, and deploys the stack: install it"):
        require_pulumi("deploys the stack")


def test_a_cancellation_interrupts_the_process_and_waits_for_its_end(tmp_path: Path) -> None:
    left = tmp_path / "left"

    async def run() -> None:
        process = await anyio.open_process([sys.executable, "-c", PROGRAM, str(left)])
        assert process.stdout is not None
        await process.stdout.receive()
        with anyio.CancelScope() as scope:
            async with interrupted_if_cancelled(process):
                scope.cancel()
                await process.wait()
        assert process.returncode == 0

    anyio.run(run)
    assert left.read_text() == "interrupted"
