"""Read the event log, and follow it while it is written."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import anyio

from checks.event_log import files
from checks.event_log.entry import Entry

POLL_SECONDS = 0.25


class FolderLog:
    """The log in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def past(self, begin: datetime) -> list[Entry]:
        """Return the entries since a time.

        Raises:
            OSError: a file cannot be read.
        """
        return [entry for entry in files.since(self.folder, begin) if entry]

    def follow(self, begin: datetime) -> AsyncIterator[Entry]:
        """Yield the entries since a time, then new ones, for ever.

        Raises:
            OSError: a file cannot be read.
        """
        return follow(self.folder, begin)


async def follow(folder: Path, begin: datetime) -> AsyncIterator[Entry]:
    """Yield the entries since a time, then those that are written from now on, for ever.

    Raises:
        OSError: a file cannot be read.
    """
    day, offset = begin.astimezone(UTC).date(), 0
    while True:
        for current, path in files.days(folder):
            if current < day:
                continue
            if current > day:
                day, offset = current, 0
            with path.open("rb") as lines:
                lines.seek(offset)
                for line in lines:
                    if not line.endswith(b"\n"):
                        # The writer is in the middle of it.
                        break
                    offset += len(line)
                    entry = files.decoded(line)
                    if entry and entry.timestamp >= begin:
                        yield entry
        await anyio.sleep(POLL_SECONDS)
