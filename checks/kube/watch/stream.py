"""One watch request: the lines of its answer, decoded."""

import types
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from http import HTTPStatus
from random import SystemRandom
from typing import Generic, Protocol, TypeVar

import httpx2
import msgspec

from checks.kube.client import Kind, status_message
from checks.kube.models import Meta


class Watched(Protocol):
    """An object that can be watched."""

    @property
    def metadata(self) -> Meta:
        """Return its metadata, with uid and resourceVersion."""


T = TypeVar("T", bound=Watched)

SILENCE_SECONDS = 75.0
"""A connection without a line for so long is dead, since bookmarks come once a minute."""
CONNECT_SECONDS = 5.0
SHORTEST_SECONDS, LONGEST_SECONDS = 300, 600
"""Limits between which the time of a watch is chosen, so that not all of them end at the same time."""
INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark after the initial list."""

_RANDOM = SystemRandom()


class ExpiredError(Exception):
    """The API server no longer has the changes since the version: list again."""


class RefusedError(Exception):
    """The API server answered with an error. `wait` is what its Retry-After header says, in seconds."""

    def __init__(self, status: int, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.wait = wait


@dataclass(frozen=True)
class Scope:
    """Which objects of a kind are followed: those of a namespace, or of all, with these labels and fields."""

    namespace: str = ""
    labels: str = ""
    fields: str = ""

    def query(self) -> dict[str, str]:
        """Return the query of a list or watch request."""
        query = {"labelSelector": self.labels, "fieldSelector": self.fields}
        return {name: value for name, value in query.items() if value}


class Line(msgspec.Struct, Generic[T], frozen=True):
    """A line of a watch: a change of an object, or a bookmark, which has no object.

    `version` is the resourceVersion to resume from, and `listed` says that the initial list ends here.
    """

    version: str
    object: T | None = None
    deleted: bool = False
    listed: bool = False


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    annotations: dict[str, str] = {}


class _Head(msgspec.Struct):
    metadata: _Meta = _Meta()


class _Failure(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Changed(msgspec.Struct, Generic[T], tag_field="type"):
    object: T


class _Added(_Changed[T], Generic[T], tag="ADDED"):
    pass


class _Modified(_Changed[T], Generic[T], tag="MODIFIED"):
    pass


class _Deleted(_Changed[T], Generic[T], tag="DELETED"):
    pass


class _Bookmark(msgspec.Struct, tag_field="type", tag="BOOKMARK"):
    object: _Head


class _Error(msgspec.Struct, tag_field="type", tag="ERROR"):
    object: _Failure


async def watch(
    client: httpx2.AsyncClient,
    kind: Kind[T],
    scope: Scope,
    version: str,
    accepted: Callable[[], None],
    *,
    initial: bool = False,
) -> AsyncIterator[Line[T]]:
    """Yield the lines of one watch since a version, until the API server ends it; `initial` asks for a list first.

    `accepted` is called when the API server has accepted the request: the first line may come much later.

    Raises:
        ExpiredError: the version is too old.
        RefusedError: the API server answered with another error.
        httpx2.TransportError: the connection failed, or nothing was heard for 75 s.
        msgspec.MsgspecError: a line is not what an API server sends.
    """
    query = scope.query() | {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": version,
        "timeoutSeconds": str(_RANDOM.randint(SHORTEST_SECONDS, LONGEST_SECONDS)),
    }
    if initial:
        query |= {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    headers = {"Accept": kind.accept}
    async with client.stream(
        "GET", kind.path(scope.namespace), params=query, headers=headers, timeout=timeout
    ) as response:
        if not response.is_success:
            await response.aread()
            raise refused(response)
        accepted()
        decode = _Decoder(kind)
        async for lines in _lines(response):
            for line in lines:
                yield decode(line)


def refused(response: httpx2.Response) -> ExpiredError | RefusedError:
    """Return the error of an answer that is not a success, and whose body was read."""
    message = status_message(response.content) or response.reason_phrase
    if response.status_code == HTTPStatus.GONE:
        return ExpiredError(message)
    wait = response.headers.get("Retry-After", "")
    return RefusedError(response.status_code, message, float(wait) if wait.isdecimal() else None)


class _Decoder(Generic[T]):
    """Decodes lines; made once a request, because it costs more than a line."""

    def __init__(self, kind: Kind[T]) -> None:
        # One pass over a line: the `type` of it tells what its object is.
        added, modified, deleted = (types.GenericAlias(each, (kind.item,)) for each in (_Added, _Modified, _Deleted))
        self._line: msgspec.json.Decoder[_Changed[T] | _Bookmark | _Error] = msgspec.json.Decoder(
            added | modified | deleted | _Bookmark | _Error
        )

    def __call__(self, line: bytes) -> Line[T]:
        decoded = self._line.decode(line)
        if isinstance(decoded, _Error):
            failure = decoded.object
            if failure.code == HTTPStatus.GONE:
                raise ExpiredError(failure.message)
            raise RefusedError(failure.code, failure.message)
        if isinstance(decoded, _Bookmark):
            meta = decoded.object.metadata
            return Line(meta.resource_version, listed=meta.annotations.get(INITIAL_EVENTS_END) == "true")
        changed = decoded.object
        return Line(changed.metadata.resource_version, changed, deleted=isinstance(decoded, _Deleted))


async def _lines(response: httpx2.Response) -> AsyncIterator[list[bytes]]:
    """Yield whole lines; what a cut connection leaves of one is dropped, for the next watch sends it again."""
    rest = b""
    async for chunk in response.aiter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        yield [line for line in whole if line]
