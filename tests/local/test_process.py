"""Processes are identified by id and start time, and no other process is ended."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from local.process import Process, only_child
from local.waiting import wait_until


def test_a_process_ends_when_asked() -> None:
    child = subprocess.Popen(["sleep", "60"])
    one = Process.of(child.pid)
    assert one.alive()
    one.end(5)
    assert child.wait(5) == -15
    assert not one.alive()


def test_one_that_will_not_end_is_killed() -> None:
    deaf = "import signal,time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert child.stdout
    child.stdout.readline()
    Process.of(child.pid).end(0.2)
    assert child.wait(5) == -9
    child.stdout.close()


@pytest.mark.parametrize("other", [{"start": 1}, {"boot": "another"}])
def test_a_reused_id_is_not_ours(other: dict[str, int | str]) -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        stranger = dataclasses.replace(Process.of(child.pid), **other)  # type: ignore[arg-type]
        assert not stranger.alive()
        stranger.end(0.1)
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def test_the_only_child_is_found() -> None:
    parent = subprocess.Popen(["sh", "-c", "sleep 60 & wait"])
    try:
        child = only_child(parent.pid)
        comm = Path(f"/proc/{child.pid}/comm")
        assert wait_until(lambda: comm.read_text() == "sleep\n", 5)  # a fork of sh runs sleep
        child.end(5)
    finally:
        parent.kill()
        parent.wait()


def test_no_child_in_time() -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        with pytest.raises(TimeoutError):
            only_child(child.pid, deadline_seconds=0.1)
    finally:
        child.kill()
        child.wait()
