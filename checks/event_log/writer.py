"""Append to the event log: one process at a time, and nothing is lost by a crash but a line that is torn."""

import fcntl
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from checks.errors import UncheckedError, UsageError
from checks.event_log import files
from checks.event_log.entry import Entry, LoggedGap

LOCK = ".lock"
MOST_WAITING = 10_000
"""Entries that are kept while nothing can be written; after that the oldest are dropped, and a gap is logged."""


class _Line(NamedTuple):
    """An encoded entry, and its time."""

    at: datetime
    text: bytes


def _encoded(entry: Entry) -> bytes:
    return msgspec.json.encode(entry) + b"\n"


@dataclass(frozen=True)
class Retention:
    """How long files are kept: so many days, and so many bytes in all. Today's file is always kept."""

    days: int = 14
    size: int = 1_000_000_000


@dataclass
class LogStats:
    """What the log counts for the metrics. `problem` is why nothing can be written; empty while it can."""

    written: int = 0
    dropped: int = 0
    torn: int = 0
    clock_set_back: int = 0
    problem: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


def is_written(folder: Path) -> bool:
    """Return whether an agent writes the log of a folder at the moment."""
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)


class EventLog:
    """An open log; `append` never fails: what cannot be written now is written when that is possible again."""

    def __init__(self, folder: Path, retention: Retention, clock: Callable[[], datetime] = _now) -> None:
        """Open the log of a folder, which is made if it does not exist.

        Raises:
            UsageError: the folder cannot be used.
            UncheckedError: another process writes to this log.
        """
        self.stats = LogStats()
        self._folder, self._retention, self._clock = folder, retention, clock
        self._waiting: deque[_Line] = deque()
        self._gap: LoggedGap | None = None
        self._file: int | None = None
        self._day = self._last = datetime.min.replace(tzinfo=UTC)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(
                f"the event log cannot be kept in {folder}: {error.strerror}: choose another folder with --log"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise UncheckedError(
                f"another agent writes the event log in {folder}: stop it, or choose another folder with --log"
            ) from error

    def close(self) -> None:
        """Close the files, and let another process write."""
        self._end_day()
        os.close(self._lock)

    def append(self, *entries: Entry) -> None:
        """Write entries, and those that could not be written before."""
        self._waiting.extend(_Line(entry.timestamp, _encoded(entry)) for entry in entries)
        if not self._waiting:
            return
        try:
            self._write(b"".join([*self._notes(), *(line.text for line in self._waiting)]))
        except OSError as error:
            self.stats.problem = f"the event log in {self._folder} cannot be written: {error.strerror}"
            self._end_day()
            self._drop_surplus()
        else:
            self.stats.written += len(self._waiting)
            self.stats.problem = ""
            self._waiting.clear()
            self._gap = None

    def _drop_surplus(self) -> None:
        while len(self._waiting) > MOST_WAITING:
            dropped = self._waiting.popleft().at
            self.stats.dropped += 1
            since = self._gap.since if self._gap else dropped
            self._gap = LoggedGap(since, dropped, self.stats.problem)

    def _notes(self) -> Iterator[bytes]:
        """Yield what a reader has to know before the next entries."""
        now = self._clock()
        if now + timedelta(seconds=1) < self._last:
            self.stats.clock_set_back += 1
            yield _encoded(Entry(now, note=f"the clock was set back by {(self._last - now).total_seconds():.0f} s"))
        self._last = now
        if self._gap:
            yield _encoded(Entry(now, gap=self._gap))

    def _write(self, data: bytes) -> None:
        """Write and sync whole lines. A partial write is cut off, so that no entry is written twice."""
        today = self._clock().astimezone(UTC)
        if self._file is None or today.date() != self._day.date():
            self._end_day()
            self._remove_old(today)
            self._file, self._day = self._opened(self._folder / files.name(today.date())), today
        size = os.fstat(self._file).st_size
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise

    def _opened(self, path: Path) -> int:
        """Open the file of a day. A torn last line is ended, so that it is one damaged line, which readers skip."""
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        size = os.fstat(opened).st_size
        if size and os.pread(opened, 1, size - 1) != b"\n":
            self.stats.torn += 1
            os.write(opened, b"\n")
        return opened

    def _end_day(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _remove_old(self, today: datetime) -> None:
        """Remove the files that are too old, and the oldest of those that are too large together."""
        kept = self._retention.size
        first = today.date() - timedelta(days=self._retention.days)
        for day, path in reversed(files.days(self._folder)):
            kept -= path.stat().st_size
            if day < first or (kept < 0 and day != today.date()):
                path.unlink()
