"""What `cortex events` shows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TextIO

import msgspec

from checks.events.events import Group, grouped
from checks.formats import text
from checks.formats.table import table
from checks.kube import models as k8s
from checks.kube.reading import ReadFailure, Reading
from checks.plain_text import clean
from checks.results.cluster_document import head
from checks.results.conclusion import OK, UNKNOWN
from checks.results.document import Document
from checks.results.result import Ref, Unknown
from checks.target import Target
from checks.times import ago, rfc3339

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


class MissedTime(msgspec.Struct, frozen=True):
    """A time in which events can be missing, and why."""

    since: datetime
    until: datetime
    reason: str


class Events(Document, frozen=True, rename="camel", kw_only=True):
    """The events last seen between `since` and `at`, the newest last. The exit code is 0 or 3.

    `source` says where they were read: in the event log of an agent, or from the API server, which forgets them after
    an hour. A log also has rows of the types Change, Alert and Reaction, and the gaps in which nobody followed.
    """

    source: Literal["log", "api"] = "api"
    since: datetime
    at: datetime
    events: list[Event]
    gaps: tuple[MissedTime, ...] = ()
    unknowns: list[Unknown]


@dataclass(frozen=True)
class Choice:
    """Which events are shown: of a type, with a reason, of an object whose kind or name has this text; empty is all."""

    type: str = ""
    reason: str = ""
    object: str = ""

    def has(self, group: Group) -> bool:
        """Return whether a group of events is shown."""
        return (
            self.type in ("", group.type)
            and self.reason in ("", group.reason)
            and self.object.lower() in str(group.object).lower()
        )


def of_api(
    target: Target,
    readings: Mapping[str, Reading[tuple[k8s.Event, ...]]],
    since: datetime,
    at: datetime,
    choice: Choice = Choice(),
) -> Events:
    """Return the report of the events of each namespace, as the API server remembers them."""
    listed = {name: reading.value for name, reading in readings.items() if not isinstance(reading, ReadFailure)}
    failures = [reading for reading in readings.values() if isinstance(reading, ReadFailure)]
    return Events(
        **head(SCHEMA, target, UNKNOWN if failures else OK),
        since=since,
        at=at,
        events=[_event(group) for group in grouped(listed, since) if choice.has(group)],
        unknowns=[Unknown.of(one) for one in failures],
    )


def of_log(
    target: Target, groups: Iterable[Group], gaps: tuple[MissedTime, ...], since: datetime, at: datetime, choice: Choice
) -> Events:
    """Return the report of what an event log has."""
    return Events(
        **head(SCHEMA, target, OK),
        source="log",
        since=since,
        at=at,
        events=[_event(group) for group in groups if choice.has(group)],
        gaps=gaps,
        unknowns=[],
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
    for gap in document.gaps:
        begin, end = rfc3339(gap.since), rfc3339(gap.until)
        out.write(f"Between {begin} and {end} events can be missing: {clean(gap.reason)}.\n")
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
