"""What `cortex events` shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import TextIO

import msgspec

from checks.events.events import Group, grouped
from checks.formats import text
from checks.formats.table import table
from checks.kube import models as k8s
from checks.kube.reading import ReadFailure, Reading
from checks.results.cluster_document import head
from checks.results.conclusion import OK, UNKNOWN
from checks.results.document import Document
from checks.results.result import Ref, Unknown
from checks.target import Target
from checks.times import ago

SCHEMA = "cortex.dev/events/v1"


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """Events with the same object and reason: how many, when first and last seen, and the latest message."""

    object: Ref
    type: str
    reason: str
    message: str
    count: int
    first_seen: datetime
    last_seen: datetime


class Events(Document, frozen=True, rename="camel", kw_only=True):
    """The events last seen between `since` and `at`, the newest last. The exit code is 0 or 3."""

    since: datetime
    at: datetime
    events: list[Event]
    unknowns: list[Unknown]


def document(
    target: Target, readings: Mapping[str, Reading[tuple[k8s.Event, ...]]], since: datetime, at: datetime, kind: str
) -> Events:
    """Return the report of the events of each namespace."""
    listed = {name: reading.value for name, reading in readings.items() if not isinstance(reading, ReadFailure)}
    failures = [reading for reading in readings.values() if isinstance(reading, ReadFailure)]
    return Events(
        **head(SCHEMA, target, UNKNOWN if failures else OK),
        since=since,
        at=at,
        events=[_event(group) for group in grouped(listed, since, kind)],
        unknowns=[Unknown(one.what, one.reason, one.message) for one in failures],
    )


def write(document: Events, out: TextIO) -> None:
    """Write the events as a table."""
    headings = ("LAST SEEN", "FIRST SEEN", "TYPE", "COUNT", "OBJECT", "REASON", "MESSAGE")
    lines = [
        (
            ago(event.last_seen, document.at),
            ago(event.first_seen, document.at),
            event.type,
            event.count,
            event.object,
            event.reason,
            " ".join(event.message.split()),
        )
        for event in document.events
    ]
    out.write(table(headings, lines) if lines else f"No events since {ago(document.since, document.at)}.\n")
    text.write_parts(text.details((), (), document.unknowns), out)


def _event(group: Group) -> Event:
    return Event(
        object=group.object,
        type=group.type,
        reason=group.reason,
        message=group.message,
        count=group.count,
        first_seen=group.first,
        last_seen=group.last,
    )
