"""Count repeats: each object and reason is handled at most once in five minutes."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from checks.events.occurrence import Occurrence

COOL_DOWN_SECONDS = 300.0
MOST_REMEMBERED = 10_000
"""Of so many objects and reasons it is remembered when they were handled."""

Key = tuple[str, str, str, str]


def key(occurred: Occurrence) -> Key:
    """Return what equal events have in common: object and reason."""
    about = occurred.object
    return about.kind, about.namespace, about.name, occurred.reason


@dataclass
class _Handled:
    """When an object and reason was handled, and how many equal events came since."""

    at: float
    repeats: int = 0


class Repeats:
    """What was handled, and how often it repeated since."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._handled: OrderedDict[Key, _Handled] = OrderedDict()

    def suppress(self, about: Key, times: int) -> bool:
        """Return whether this was handled within five minutes; then count the repeats."""
        handled = self._handled.get(about)
        if handled is None or self._clock() - handled.at >= COOL_DOWN_SECONDS:
            return False
        handled.repeats += times
        return True

    def begin(self, about: Key) -> int:
        """Note that this is handled now, and return how many repeats were suppressed before."""
        before = self._handled.pop(about, None)
        self._handled[about] = _Handled(self._clock())
        if len(self._handled) > MOST_REMEMBERED:
            self._handled.popitem(last=False)
        return before.repeats if before else 0
