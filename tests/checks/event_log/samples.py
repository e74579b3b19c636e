"""Occurrences and entries for tests."""

from datetime import UTC, datetime, timedelta

import msgspec

from checks.event_log.entry import Entry
from checks.events.occurrence import Occurrence
from checks.results.result import Ref

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
POD = Ref("Pod", "time-1", "cortex-mcp")


def occurred(version: int, **fields: object) -> Occurrence:
    """Give an occurrence of BackOff, told by an event object of its own unless a uid is given."""
    basis = Occurrence(
        object=POD,
        type="Warning",
        reason="BackOff",
        message="restarting",
        times=1,
        total=1,
        first=BEGIN,
        last=BEGIN + timedelta(seconds=version),
        uid=f"uid-{version}",
        version=version,
        scope="cortex-mcp",
    )
    return msgspec.structs.replace(basis, **fields)


def note(text: str, at: datetime = BEGIN) -> Entry:
    """Give an entry."""
    return Entry(at, note=text)
