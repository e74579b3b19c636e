"""Say on stderr what does not work at the moment, once when it begins and once when it is over."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from time import monotonic

import anyio

LASTING_SECONDS = 1.0
"""What is over within a second, such as a connection that the API server closed, is not worth a line."""
OVER_SECONDS = 10.0
"""A problem that comes back within this time has not been over."""

Problem = tuple[str, str]
"""What does not work, and why."""


class ProblemReporter:
    """`problems` returns those of the moment; `say` prints a line. Problems with the same cause share one."""

    def __init__(
        self,
        problems: Callable[[], Iterable[Problem]],
        say: Callable[[str], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._problems, self._say, self._clock = problems, say, clock
        self._since: dict[str, float] = {}
        """When each cause was first seen."""
        self._last: dict[str, float] = {}
        """When each cause that was said was last seen."""

    async def run(self) -> None:
        """Report each second until cancelled."""
        while True:
            self.report()
            await anyio.sleep(1)

    def report(self) -> None:
        """Say which problems have begun, and which are over."""
        now, present = self._clock(), _by_cause(self._problems())
        self._since = {cause: self._since.get(cause, now) for cause in present}
        for cause, concerned in present.items():
            if cause not in self._last and now - self._since[cause] >= LASTING_SECONDS:
                self._say(f"{_short(concerned)}: {cause}")
                self._last[cause] = now
        for cause, last in list(self._last.items()):
            if cause in present:
                self._last[cause] = now
            elif now - last >= OVER_SECONDS:
                del self._last[cause]
                self._say(f"over since {now - last:.0f} s: {cause}")


def _by_cause(problems: Iterable[Problem]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for what, cause in problems:
        found[cause].append(what)
    return found


def _short(concerned: list[str]) -> str:
    more = len(concerned) - 1
    return f"{concerned[0]} and {more} more" if more else concerned[0]
