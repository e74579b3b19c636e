"""What a log already has, so that an agent that starts again writes no event twice."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from checks.event_log import files
from checks.events.occurrence import Occurrence

REMEMBERED = timedelta(hours=2)
"""API servers keep events for an hour, unless they are told otherwise."""
KEPT = timedelta(minutes=55)
"""After a longer stop, events can have expired that were not seen."""


@dataclass(frozen=True)
class Logged:
    """When the log was last written; the version up to which each namespace is logged; and counts of event objects."""

    last: datetime | None = None
    resume: dict[str, int] = field(default_factory=dict)
    uids: dict[str, int] = field(default_factory=dict)
    damaged: int = 0

    def rest(self, occurred: Occurrence) -> Occurrence | None:
        """Return what the log does not have of an occurrence; None if it has all."""
        if occurred.version <= self.resume.get(occurred.scope, 0):
            return None
        times = min(occurred.times, occurred.total - self.uids.get(occurred.uid, 0))
        return msgspec.structs.replace(occurred, times=times) if times > 0 else None


def logged(folder: Path, now: datetime) -> Logged:
    """Read the end of a log.

    Raises:
        OSError: the folder or a file cannot be read.
    """
    last: datetime | None = None
    resume: dict[str, int] = {}
    uids: dict[str, int] = {}
    damaged = 0
    for entry in files.since(folder, now - REMEMBERED):
        if entry is None:
            damaged += 1
            continue
        last = entry.timestamp
        if entry.event:
            event = entry.event
            resume[event.scope] = max(resume.get(event.scope, 0), event.resume)
            uids.update(event.uids)
    return Logged(last or _last(folder), resume, uids, damaged)


def _last(folder: Path) -> datetime | None:
    """Return when the log was last written, of a log without new entries."""
    for _, path in reversed(files.days(folder)):
        times = [entry.timestamp for entry in files.entries(path) if entry]
        if times:
            return times[-1]
    return None
