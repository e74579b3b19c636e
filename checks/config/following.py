"""What `cortex config watch` shows: a line for each changed key, until it is interrupted."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime

import anyio
import msgspec

from checks.config.changes import ConfigMapChange, ConfigMapFollower, RejectedFile
from checks.config.difference import names_of
from checks.config.keys import shown
from checks.config.live import LiveConfigMap, config_maps, named, names
from checks.errors import UsageError
from checks.kube.connection import Connection
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Gap
from checks.plain_text import clean
from checks.results.result import Ref
from checks.target import Target
from checks.times import rfc3339
from stacks.manifests.build import build
from stacks.model.declaration import Declaration
from stacks.model.suggestion import did_you_mean

TICK_SECONDS = 0.25
ABSENT = "(absent)"


class Line(msgspec.Struct, frozen=True):
    """A changed key, or with a `fault` a file that cannot be used; `key` is null if a ConfigMap without keys is gone.

    `before` and `after` are null where there is no such key. `before` of a bad file is its last valid value.
    """

    timestamp: datetime
    object: Ref
    key: str | None
    before: str | None
    after: str | None
    deleted: bool = False
    """Whether the whole ConfigMap was deleted."""
    fault: str = ""

    def text(self) -> str:
        """Return it for people, with the sizes of long values."""
        begin = f"{rfc3339(self.timestamp)}  {self.object}"
        if self.fault:
            return clean(f"{begin}  bad file, not valid: {self.fault}")
        end = "  (ConfigMap deleted)" if self.deleted else ""
        if self.key is None:
            return clean(begin + end)
        return clean(f"{begin}  {self.key}: {_value(self.before)} → {_value(self.after)}{end}")


def _value(value: str | None) -> str:
    return ABSENT if value is None else shown(value)


class _Lines:
    """Waiting lines, of the ConfigMaps that are chosen."""

    def __init__(self, places: Collection[tuple[str, str]]) -> None:
        self._places = places
        self._waiting: list[Line] = []

    def changed(self, change: ConfigMapChange) -> None:
        """Add a line for each key."""
        at = datetime.now(UTC)
        for one in change.keys:
            self._add(Line(at, change.object, one.key, one.before, one.after, change.deleted))
        if not change.keys:
            self._add(Line(at, change.object, None, None, None, change.deleted))

    def rejected(self, file: RejectedFile) -> None:
        """Add the line of a bad file."""
        self._add(Line(datetime.now(UTC), file.object, file.key, file.before, file.after, fault=file.fault))

    def taken(self) -> Iterator[Line]:
        """Yield the waiting lines, each once."""
        while self._waiting:
            yield self._waiting.pop(0)

    def _add(self, line: Line) -> None:
        if not self._places or (line.object.namespace, line.object.name) in self._places:
            self._waiting.append(line)


async def follow(
    target: Target,
    reload: Callable[[], Connection],
    name: str,
    show: Callable[[Line], bool],
    say: Callable[[str], None],
) -> None:
    """Show the changes of all ConfigMaps, or of those that a name means, as long as `show` returns True.

    `say` gets what prevents following, and once that it has begun.

    Raises:
        UsageError: a name means none.
        UncheckedError: the ConfigMaps cannot be read.
    """
    places = _places(target.declaration, await config_maps(target), name)
    lines = _Lines(places)

    def missed(gap: Gap) -> None:
        say(f"between {rfc3339(gap.since)} and {rfc3339(gap.until)} only the last values are known")

    connector = Connector(target.connection, reload)
    follower = ConfigMapFollower(
        target.declaration.occupied_namespaces(), connector, lines.changed, lines.rejected, missed
    )
    progress = _Progress(follower, say)
    async with anyio.create_task_group() as group:
        group.start_soon(follower.run)
        progress.tell()
        while all(show(line) for line in lines.taken()):
            await anyio.sleep(TICK_SECONDS)
            progress.tell()
        group.cancel_scope.cancel()


class _Progress:
    """Tells once that following has begun, and each time what prevents it."""

    def __init__(self, follower: ConfigMapFollower, say: Callable[[str], None]) -> None:
        self._stats = [reflector.stats for reflector in follower.reflectors]
        self._say = say
        self._begun, self._problem = False, ""

    def tell(self) -> None:
        """Tell what has changed."""
        problem = "; ".join(dict.fromkeys(one.problem for one in self._stats if one.problem))
        if problem and problem != self._problem:
            self._say(f"{problem}; trying again")
        self._problem = problem
        if not self._begun and all(one.synced for one in self._stats):
            self._begun = True
            self._say(f"follows the ConfigMaps of {', '.join(one.namespace for one in self._stats)}")


def _places(declaration: Declaration, live: Collection[LiveConfigMap], name: str) -> frozenset[tuple[str, str]]:
    """Return namespace and name of the ConfigMaps that a name means, which need not exist yet; empty without a name.

    Raises:
        UsageError: it means none.
    """
    if not name:
        return frozenset()
    manifests = [one for one in build(declaration) if one.kind == "ConfigMap"]
    found = {(one.namespace, one.name) for one in manifests if name in names_of(one)}
    found |= {(one.metadata.namespace, one.metadata.name) for one in named(declaration, live, name)}
    if not found:
        raise UsageError(f"there is no ConfigMap {name!r}: {did_you_mean(name, names(declaration, live))}")
    return frozenset(found)
