"""Processes identified by id and start time, so that a process that reuses an id is never ended by mistake."""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from local.waiting import wait_until


@dataclass(frozen=True)
class Process:
    """A process of this machine."""

    pid: int
    start: int
    """Its start time in clock ticks since boot."""
    boot: str
    """The id of the boot in which it started."""

    @classmethod
    def of(cls, pid: int) -> "Process":
        """Return the identity of a running process.

        Raises:
            ProcessLookupError: There is no process with this id.
        """
        start = _start(pid)
        if start is None:
            raise ProcessLookupError(pid)
        return cls(pid, start, _boot())

    def alive(self) -> bool:
        """Return whether exactly this process is still running."""
        return self.boot == _boot() and _start(self.pid) == self.start

    def end(self, within_seconds: float) -> None:
        """Terminate the process; kill it if it has not ended in time."""
        for number, patience in ((signal.SIGTERM, within_seconds), (signal.SIGKILL, 5.0)):
            if self.alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, number)
            wait_until(lambda: not self.alive(), patience)


def only_child(pid: int, deadline_seconds: float = 5) -> Process:
    """Wait until a process has a child, and return the child.

    Raises:
        TimeoutError: It has none in time.
    """
    found: list[Process] = []

    def is_found() -> bool:
        for entry in Path("/proc").glob("[0-9]*/stat"):
            fields = _fields(entry)
            if fields and int(fields[1]) == pid:
                with contextlib.suppress(ProcessLookupError):
                    found.append(Process.of(int(entry.parent.name)))
        return bool(found)

    if not wait_until(is_found, deadline_seconds, pause=0.02):
        raise TimeoutError(f"process {pid} has started no child process")
    return found[0]


def _start(pid: int) -> int | None:
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return int(fields[19]) if fields and fields[0] != "Z" else None


def _fields(path: Path) -> list[str]:
    """Return the fields of a stat file from the third on: the second may contain spaces and parentheses."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
