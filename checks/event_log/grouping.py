"""Join equal events, so that a storm of them is a few lines with counts."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from checks.event_log.entry import LoggedEvent, logged
from checks.events.occurrence import Occurrence

SETTLE_SECONDS = 1.0
"""How long equal events are joined before the first line about them."""
REPEAT_SECONDS = 60.0
"""The shortest time between two lines about equal events."""
MOST_UIDS = 1000
"""A line names at most so many event objects: more of them occur only in a storm, which a restart may count twice."""
MOST_QUIET = 20_000
"""Of so many objects and reasons the time of their last line is remembered."""

Key = tuple[str, str, str, str, str]


@dataclass
class _Pending:
    """Equal events that are not in the log yet."""

    due: float
    new: bool
    last: Occurrence
    lowest: int
    count: int = 0
    uids: dict[str, int] = field(default_factory=dict)


class Grouping:
    """Joins events by object, type and reason. Times are seconds of a clock that is never set back."""

    def __init__(self) -> None:
        self._pending: dict[Key, _Pending] = {}
        self._written: dict[Key, float] = {}
        self._highest: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, occurred: Occurrence, now: float) -> None:
        """Add what occurred to the group of its equals."""
        key = _key(occurred)
        group = self._pending.get(key)
        if group is None:
            written = self._written.get(key)
            due = now + SETTLE_SECONDS if written is None else max(now + SETTLE_SECONDS, written + REPEAT_SECONDS)
            group = self._pending[key] = _Pending(due, written is None, occurred, occurred.version)
        first = min(group.last.first, occurred.first)
        latest = occurred if occurred.last >= group.last.last else group.last
        group.last = msgspec.structs.replace(latest, first=first)
        group.lowest = min(group.lowest, occurred.version)
        group.count += occurred.times
        if occurred.uid in group.uids or len(group.uids) < MOST_UIDS:
            group.uids[occurred.uid] = occurred.total
        self._highest[occurred.scope] = max(self._highest.get(occurred.scope, 0), occurred.version)

    def due(self, now: float, *, everything: bool = False) -> Iterator[LoggedEvent]:
        """Yield the groups whose time has come, or everything, and forget them."""
        keys = [key for key, group in self._pending.items() if everything or group.due <= now]
        groups = [self._pending.pop(key) for key in keys]
        for key, group, resume in zip(keys, groups, self._resumes(groups), strict=True):
            self._remember(key, now)
            yield logged(group.last, new=group.new, uids=group.uids, count=group.count, resume=resume)

    def _resumes(self, groups: list[_Pending]) -> list[int]:
        """Return for each line the version up to which all events of its namespace are written, this line included."""
        if not groups:
            return []
        lowest: dict[str, int] = {}
        for group in self._pending.values():
            _lower(lowest, group)
        found = []
        # From the last one on: what is written after a line may not be counted as written by it.
        for group in reversed(groups):
            scope = group.last.scope
            found.append(lowest[scope] - 1 if scope in lowest else self._highest[scope])
            _lower(lowest, group)
        return found[::-1]

    def _remember(self, key: Key, now: float) -> None:
        self._written.pop(key, None)
        self._written[key] = now
        if len(self._written) > MOST_QUIET:
            del self._written[next(iter(self._written))]


def _lower(lowest: dict[str, int], group: _Pending) -> None:
    scope = group.last.scope
    lowest[scope] = min(lowest.get(scope, group.lowest), group.lowest)


def _key(occurred: Occurrence) -> Key:
    about = occurred.object
    return about.kind, about.namespace, about.name, occurred.type, occurred.reason
