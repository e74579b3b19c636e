"""What `cortex events` shows of an event log: rows, joined by object and reason, and lines while it is followed."""

from collections.abc import Iterable, Iterator

from checks.event_log.entry import Entry
from checks.events.events import Group
from checks.events.report import MissedTime
from checks.plain_text import clean
from checks.results.result import Ref
from checks.times import rfc3339

CHANGE, ALERT, REACTION = "Change", "Alert", "Reaction"


def row(entry: Entry) -> Group | None:
    """Return an entry as a row; None for one about the log itself."""
    at = entry.timestamp
    if event := entry.event:
        about = event.involved_object
        return Group(
            object=Ref(about.kind, about.name, about.namespace),
            type=event.event_type,
            reason=event.event_reason,
            message=event.event_message,
            count=event.count,
            first=event.first_timestamp,
            last=event.last_timestamp,
        )
    if change := entry.change:
        return Group(change.object, ALERT if change.alert else CHANGE, change.what, change.message, 1, at, at)
    if reaction := entry.reaction:
        said = [reaction.failed or reaction.summary, *([reaction.action] if reaction.action else [])]
        return Group(reaction.object, REACTION, reaction.reason, "; ".join(said), 1, at, at)
    return None


def joined(entries: Iterable[Entry]) -> list[Group]:
    """Return the rows of a log by time, the newest last; equal events are one row with their count."""
    found: dict[tuple[str, str, str, str], Group] = {}
    for entry in entries:
        group = row(entry)
        if group is None:
            continue
        message = "" if entry.event else group.message
        key = str(group.object), group.type, group.reason, message
        before = found.get(key)
        found[key] = _sum(before, group) if before else group
    return sorted(found.values(), key=lambda group: (group.last, str(group.object), group.reason))


def gaps(entries: Iterable[Entry]) -> tuple[MissedTime, ...]:
    """Return the times in which events can be missing."""
    return tuple(MissedTime(entry.gap.since, entry.gap.until, entry.gap.reason) for entry in entries if entry.gap)


def lines(entry: Entry) -> Iterator[str]:
    """Yield an entry as lines for people: a reaction with its details."""
    time = rfc3339(entry.timestamp)
    group = row(entry)
    if group:
        times = f" ({group.count} times)" if group.count > 1 else ""
        message = " ".join(group.message.split())
        yield clean(f"{time}  {group.type:<8}  {group.object}  {group.reason}{times}: {message}")
    elif entry.gap:
        begin, end = rfc3339(entry.gap.since), rfc3339(entry.gap.until)
        yield clean(f"{time}  Gap       between {begin} and {end} events can be missing: {entry.gap.reason}")
    elif entry.note:
        yield clean(f"{time}  Note      {entry.note}")
    for detail in entry.reaction.details if entry.reaction else ():
        yield clean(f"{'':<{len(time)}}            {detail}")


def _sum(before: Group, after: Group) -> Group:
    return Group(
        before.object,
        before.type,
        before.reason,
        after.message,
        before.count + after.count,
        min(before.first, after.first),
        max(before.last, after.last),
    )
