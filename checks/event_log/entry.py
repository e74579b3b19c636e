"""One line of the event log."""

from datetime import datetime

import msgspec

from checks.events.occurrence import Occurrence
from checks.results.result import Ref


class Involved(msgspec.Struct, frozen=True):
    """The object that an event is about."""

    kind: str
    name: str
    namespace: str


class LoggedEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Equal events of one object and reason. `count` is how often they occurred since the last line about them.

    `type` is `ADDED` if the reason is new for the object since the agent began, else `MODIFIED`. `total` is the count
    that the API server keeps. `uids` are the event objects with their counts, so that a restart repeats none of them;
    `resume` is a resourceVersion: all events of the namespace `scope` up to it are in the log.
    """

    type: str
    event_reason: str
    event_message: str
    involved_object: Involved
    first_timestamp: datetime
    last_timestamp: datetime
    count: int
    event_type: str = ""
    total: int = 0
    component: str = ""
    container: str = ""
    scope: str = ""
    uids: dict[str, int] = {}
    resume: int = 0


class LoggedGap(msgspec.Struct, frozen=True):
    """A time in which events can be missing from the log, and why."""

    since: datetime
    until: datetime
    reason: str


class LoggedReaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the agent found, or did, when an event occurred. `failed` says why a handler gave no result."""

    reason: str
    object: Ref
    summary: str = ""
    details: list[str] = []
    action: str = ""
    failed: str = ""


class LoggedChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of an object that no event tells: of a pod's phase, a node's condition, or a key of a ConfigMap.

    `alert` says that it needs attention.
    """

    object: Ref
    what: str
    before: str
    after: str
    alert: bool = False

    @property
    def message(self) -> str:
        """Return what it was and is, for people."""
        return f"{self.before} → {self.after}" if self.before else self.after


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line: when it was written (UTC), and one of the others. `note` is about the log itself."""

    timestamp: datetime
    event: LoggedEvent | None = None
    gap: LoggedGap | None = None
    reaction: LoggedReaction | None = None
    change: LoggedChange | None = None
    note: str = ""


def logged(occurred: Occurrence, *, new: bool, uids: dict[str, int], count: int, resume: int) -> LoggedEvent:
    """Return the line of a group of equal events, of which `occurred` is the last."""
    about = occurred.object
    return LoggedEvent(
        type="ADDED" if new else "MODIFIED",
        event_reason=occurred.reason,
        event_message=occurred.message,
        involved_object=Involved(about.kind, about.name, about.namespace),
        first_timestamp=occurred.first,
        last_timestamp=occurred.last,
        count=count,
        event_type=occurred.type,
        total=occurred.total,
        component=occurred.component,
        container=occurred.container,
        scope=occurred.scope,
        uids=uids,
        resume=resume,
    )
