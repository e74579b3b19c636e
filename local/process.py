"""Processes by identity: an id together with the time of its start, so that a reused id is never taken for ours."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process of this machine."""

    pid: int
    start: int
    """When it started, in clock ticks since boot."""
    boot: str
    """The boot it belongs to."""

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Identify a running process.

        Raises:
            ProcessLookupError: there is none.
        """
        start = _start(pid)
        if start is None:
            raise ProcessLookupError(pid)
        return cls(pid, start, _boot())

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return self.boot == _boot() and _start(self.pid) == self.start

    def end(self, within_seconds: float) -> None:
        """Ask it to end; kill it if it has not ended in time."""
        for number, patience in ((signal.SIGTERM, within_seconds), (signal.SIGKILL, 5.0)):
            until = time.monotonic() + patience
            if self.alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)
            while self.alive() and time.monotonic() < until:
                time.sleep(0.05)


def only_child(pid: int, deadline_seconds: float = 5) -> Process:
    """Give the one child of a process, waiting for it to be born.

    Raises:
        TimeoutError: it has none in time.
    """
    until = time.monotonic() + deadline_seconds
    while time.monotonic() < until:
        for entry in Path("/proc").glob("[0-9]*/stat"):
            fields = _fields(entry)
            if fields and int(fields[1]) == pid:
                with contextlib.suppress(ProcessLookupError):
                    return Process.of(int(entry.parent.name))
        time.sleep(0.02)
    raise TimeoutError(f"process {pid} started no other")


def _start(pid: int) -> int | None:
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return int(fields[19]) if fields and fields[0] != "Z" else None


def _fields(path: Path) -> list[str]:
    """Give the fields of a stat file from the third on: the second may hold spaces and parentheses."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
