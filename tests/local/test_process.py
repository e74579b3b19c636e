"""Processes are known by id and start, and only what was identified is ended."""

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.files import write
from local.node import cgroups
from local.process import Process, only_child


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
        comm, until = Path(f"/proc/{child.pid}/comm"), time.monotonic() + 5
        while comm.read_text() == "sh\n" and time.monotonic() < until:  # born, and about to become the other
            time.sleep(0.01)
        assert comm.read_text() == "sleep\n"
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


def test_a_file_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    write(path, "one")
    write(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["key"]


def test_cgroups_of_both_versions(tmp_path: Path) -> None:
    old, new = tmp_path / "v1", tmp_path / "v2"
    for hierarchy in ("memory", "cpuset"):
        (old / hierarchy).mkdir(parents=True)
        (old / hierarchy / "cgroup.procs").touch()
    new.mkdir()
    (new / "cgroup.controllers").write_text("cpu memory\n")
    for root in (old, new):
        cgroups.create("cortex-x", root)
    assert sorted(p.parent.name for p in old.glob("*/cortex-x")) == ["cpuset", "memory"]
    assert (new / "cortex-x").is_dir()
    assert (new / "cgroup.subtree_control").read_text() == "+cpu +memory"
    (new / "cortex-x" / "kubepods" / "pod1").mkdir(parents=True)
    for root in (old, new):
        cgroups.remove("cortex-x", root)
    assert list(old.glob("*/cortex-x")) == []
    assert not (new / "cortex-x").exists()
