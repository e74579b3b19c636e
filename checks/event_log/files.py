"""The files of an event log: one a day, in UTC."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from checks.event_log.entry import Entry

_NAME = re.compile(r"events-(\d{4}-\d{2}-\d{2})\.jsonl")
_DECODER = msgspec.json.Decoder(Entry)


def name(day: date) -> str:
    """Return the name of the file of a day."""
    return f"events-{day.isoformat()}.jsonl"


def days(folder: Path) -> list[tuple[date, Path]]:
    """Return the days of which the folder has files, the oldest first; empty if there is no such folder.

    Raises:
        OSError: the folder cannot be read.
    """
    if not folder.is_dir():
        return []
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((date.fromisoformat(match.group(1)), path) for match, path in found if match)


def entries(path: Path) -> Iterator[Entry | None]:
    """Yield the lines of a file; None for one that is torn or damaged.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as lines:
        for line in lines:
            yield decoded(line)


def decoded(line: bytes) -> Entry | None:
    """Return the entry of a line; None if the line is torn or damaged."""
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def since(folder: Path, begin: datetime) -> Iterator[Entry | None]:
    """Yield the entries since a time, the oldest first; None for damaged lines.

    Raises:
        OSError: the folder or a file cannot be read.
    """
    for day, path in days(folder):
        if day >= begin.astimezone(UTC).date():
            for entry in entries(path):
                if entry is None or entry.timestamp >= begin:
                    yield entry
