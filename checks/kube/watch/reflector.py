"""Keep the objects of a resource as the API server has them, and tell each change once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import httpx2
import msgspec

from checks.kube.client import PAGE, Kind, forbidden
from checks.kube.reading import Permission
from checks.kube.transport import timed_out, unreachable
from checks.kube.watch.availability import Availability
from checks.kube.watch.backoff import Backoff
from checks.kube.watch.stats import WatchStats
from checks.kube.watch.stream import ExpiredError, Line, RefusedError, Scope, Watched, refused, watch

if TYPE_CHECKING:
    from checks.kube.models import ListOf

FORBIDDEN_SECONDS = 30.0
"""How long to wait before a forbidden request is sent again."""
LONGEST_ASKED_SECONDS = 300.0
"""The longest time that an API server may tell a client to wait."""
AT_ONCE_SECONDS = 2.0
"""A watch that ends sooner and without a line did not work. If it is of events, its version has expired."""


class Clients(Protocol):
    """Makes clients of the API server."""

    def client(self) -> httpx2.AsyncClient:
        """Return a new client with the present credential."""

    def renew(self) -> None:
        """Read the credential again."""


T = TypeVar("T", bound=Watched)


@dataclass(frozen=True)
class Change(Generic[T]):
    """A change: the object, or as it was last if it is `deleted`; `before` is None if it is new."""

    object: T
    before: T | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Gap:
    """A time in which changes can have been missed: what was created and deleted between the two times."""

    since: datetime
    until: datetime


Consumer = Callable[[Change[T]], None]
"""Takes each change, and never waits: what takes time has a queue of its own."""


def _ignore(_: Gap) -> None:
    """Take a gap that does not matter."""


def _whole(item: T) -> T:
    """Remember all that was decoded."""
    return item


class Reflector(Generic[T]):
    """Follows the objects of a kind in a scope: `run` never returns, and tells `consume` each change once.

    The first list is told as changes without `before`. When the API server rejects the credential, the connector
    renews it, at first at once. `reduced` returns an object with what is to be remembered of it, its uid and
    resourceVersion included; changes have such objects, too.
    """

    def __init__(
        self,
        kind: Kind[T],
        scope: Scope,
        connector: Clients,
        consume: Consumer[T],
        *,
        availability: Availability | None = None,
        missed: Callable[[Gap], None] = _ignore,
        reduced: Callable[[T], T] = _whole,
    ) -> None:
        self.stats = WatchStats(kind.resource(), scope.namespace)
        self._kind, self._scope = kind, scope
        self._connector, self._consume, self._missed, self._reduced = connector, consume, missed, reduced
        self._availability = availability or Availability()
        self._backoff = Backoff()
        self._accepted_at = inf
        """When the last watch was accepted; infinite if it was not."""
        self._known: dict[str, T] = {}
        self._version = ""
        self._streams = True
        """Whether the API server streams initial lists, as far as is known."""
        self._rejected = False
        """Whether the last credential was rejected."""
        self._lost: datetime | None = None
        """When the API server was last heard before a version expired."""

    @property
    def objects(self) -> Iterable[T]:
        """Return the objects as they are known now."""
        return self._known.values()

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            async with self._connector.client() as client:
                await self._follow(client)
            self._connector.renew()

    async def _follow(self, client: httpx2.AsyncClient) -> None:
        """List and watch with one credential, until the API server rejects it."""
        while True:
            await self._availability.turn()
            try:
                await self._round(client)
            except ExpiredError:
                self.stats.expired += 1
                self._version, self._lost = "", self._lost or self.stats.heard
            except RefusedError as error:
                self._availability.answered()
                if error.status == HTTPStatus.UNAUTHORIZED and not self._rejected:
                    self._rejected = True
                    return
                await self._wait_after(error)
                if error.status == HTTPStatus.UNAUTHORIZED:
                    return
            except (httpx2.TransportError, msgspec.MsgspecError, UnicodeDecodeError) as error:
                await self._wait_after_failure(error)

    async def _round(self, client: httpx2.AsyncClient) -> None:
        """List if there is no version to resume from, then watch until the API server ends the watch."""
        if not self._version and not self._streams:
            self._relist(await self._pages(client))
        try:
            await self._watch(client, initial=not self._version)
        except RefusedError as error:
            if self._version or error.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
                raise
            self._streams = False

    async def _watch(self, client: httpx2.AsyncClient, *, initial: bool) -> None:
        lines, self._accepted_at = 0, inf
        listed: dict[str, T] | None = {} if initial else None
        try:
            async for line in watch(client, self._kind, self._scope, self._version, self._accepted, initial=initial):
                lines += 1
                self._heard()
                if listed is None:
                    self._take(line)
                elif line.object is not None:
                    listed[_key(line.object)] = self._reduced(line.object)
                elif line.listed:
                    self._version = line.version
                    self._relist(listed)
                    listed = None
        finally:
            worked = lines or monotonic() - self._accepted_at >= AT_ONCE_SECONDS
            if worked and listed is None:
                # A network that cuts connections again and again is no reason to wait longer each time.
                self._backoff.reset()
        if not worked:
            if self._kind.plural == "events":
                raise ExpiredError("the watch ended at once")
            raise RefusedError(HTTPStatus.OK, "the watch ended at once")

    def _take(self, line: Line[T]) -> None:
        """Deliver one change; a version that is known already is not told again."""
        if line.object is not None:
            key = _key(line.object)
            before = self._known.get(key)
            if line.deleted:
                self._known.pop(key, None)
                if before is not None:
                    self._deliver(Change(before, before, deleted=True))
            elif before is None or before.metadata.resource_version != line.version:
                after = self._known[key] = self._reduced(line.object)
                self._deliver(Change(after, before))
        self._version = line.version
        self.stats.objects = len(self._known)

    def _relist(self, listed: Mapping[str, T]) -> None:
        """Deliver what differs from what was known."""
        if self._lost:
            self._missed(Gap(self._lost, datetime.now(UTC)))
            self._lost = None
        known, self._known = self._known, dict(listed)
        self.stats.lists += 1
        self._heard()
        for key, before in known.items():
            if key not in listed:
                self._deliver(Change(before, before, deleted=True))
        for key, after in listed.items():
            old = known.get(key)
            if old is None or old.metadata.resource_version != after.metadata.resource_version:
                self._deliver(Change(after, old))
        self.stats.synced, self.stats.objects = True, len(self._known)

    async def _pages(self, client: httpx2.AsyncClient) -> dict[str, T]:
        """List page by page, and remember the version of the list."""
        found: dict[str, T] = {}
        query = self._scope.query() | {"limit": str(PAGE)}
        while True:
            response = await client.get(self._kind.path(self._scope.namespace), params=query)
            if not response.is_success:
                raise refused(response)
            page: ListOf[T] = msgspec.json.decode(response.content, type=self._kind.page())
            found.update((_key(item), self._reduced(item)) for item in page.items or ())
            if not page.metadata.continue_:
                self._version = page.metadata.resource_version
                return found
            query["continue"] = page.metadata.continue_

    def _deliver(self, change: Change[T]) -> None:
        self.stats.changes += 1
        self._consume(change)

    def _accepted(self) -> None:
        self._accepted_at = monotonic()
        self._availability.answered()
        self._rejected = False
        self.stats.connections += 1
        self.stats.problem = ""

    def _heard(self) -> None:
        self.stats.heard = datetime.now(UTC)

    async def _wait_after(self, error: RefusedError) -> None:
        """Wait after an answer that is an error: as long as the API server says, or it makes sense."""
        self.stats.failures[str(error.status)] += 1
        self.stats.problem = self._sentence(error)
        if error.wait is not None:
            wait = min(error.wait, LONGEST_ASKED_SECONDS)
        elif error.status == HTTPStatus.FORBIDDEN:
            wait = FORBIDDEN_SECONDS
        else:
            wait = self._backoff.seconds()
        await self._availability.pause(wait)

    async def _wait_after_failure(self, error: Exception) -> None:
        """Wait after a request without an answer, or with one that is not an API server's."""
        self.stats.failures[type(error).__name__] += 1
        if isinstance(error, httpx2.TimeoutException):
            self.stats.problem = timed_out(error)
        elif isinstance(error, httpx2.TransportError):
            self.stats.problem = unreachable(error)
        else:
            self.stats.problem = f"the answer is not what a Kubernetes API server sends: {error}"
        self._availability.failed()
        await self._availability.pause(self._backoff.seconds())

    def _sentence(self, error: RefusedError) -> str:
        if error.status == HTTPStatus.UNAUTHORIZED:
            return "the API server rejects the credentials: renew them"
        if error.status == HTTPStatus.FORBIDDEN:
            return forbidden(Permission("watch", self._kind.resource(), self._scope.namespace))
        return f"the API server answered HTTP {error.status}: {error.message}"


def _key(item: Watched) -> str:
    """Return what identifies an object: one that is created anew under the same name is another."""
    return item.metadata.uid
