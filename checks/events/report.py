"""What `cortex events` says."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from checks.duration import ago
from checks.events.events import Group, grouped
from checks.formats.cells import clean, table
from checks.kube import models as k8s
from checks.kube.reading import ReadFailure, Reading
from checks.results.result import Ref, Unknown
from checks.target import Target

SCHEMA = "cortex.dev/events/v1"


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """Events of one reason about one object: how many, when first and last seen, and the latest message."""

    object: Ref
    type: str
    reason: str
    message: str
    count: int
    first_seen: datetime
    last_seen: datetime


class Events(msgspec.Struct, frozen=True, rename="camel"):
    """The events last seen between `since` and `at`, the newest last. None is a finding: the exit code is 0 or 3."""

    schema: str
    stack: str
    context: str
    exit_code: int
    since: datetime
    at: datetime
    events: list[Event]
    unknowns: list[Unknown]


def document(
    target: Target, readings: Mapping[str, Reading[tuple[k8s.Event, ...]]], since: datetime, at: datetime, kind: str
) -> Events:
    """Put the events of each namespace into the document."""
    listed = {name: reading.value for name, reading in readings.items() if not isinstance(reading, ReadFailure)}
    unread = [reading for reading in readings.values() if isinstance(reading, ReadFailure)]
    return Events(
        schema=SCHEMA,
        stack=target.stack,
        context=target.connection.context,
        exit_code=3 if unread else 0,
        since=since,
        at=at,
        events=[_event(group) for group in grouped(listed, since, kind)],
        unknowns=[Unknown(one.what, one.reason, one.message) for one in unread],
    )


def text(document: Events) -> str:
    """Give the document as a table."""
    headings = ("LAST SEEN", "FIRST SEEN", "TYPE", "COUNT", "OBJECT", "REASON", "MESSAGE")
    results = [
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
    shown = table(headings, results) if results else f"No events since {ago(document.since, document.at)}.\n"
    return shown + "".join(f"\nCould not be read: {clean(unknown.message)}\n" for unknown in document.unknowns)


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
