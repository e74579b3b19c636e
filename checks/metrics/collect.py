"""Scrape kube-state-metrics, and read its own state."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import TypeVar

import anyio
import httpx2

from checks.kube.client import REQUEST_SECONDS, forbidden, status_message
from checks.kube.connection import Connection
from checks.kube.endpoint import behind
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.kube.retry import patiently
from checks.kube.transport import unreachable
from checks.metrics.cluster_metrics import READ, ClusterMetrics, SampleCollector, now
from checks.metrics.exposition import Scanner, sample
from checks.snapshot.reader import Collector, Reader
from stacks.model import names

T = TypeVar("T")

LARGEST_BYTES = 512 * 1024 * 1024
"""Size above which an answer is not read completely. A scrape of 5,000 pods has 30 MB."""
LISTS = "kube_state_metrics_list_total"
"""Metric of the telemetry port: how often listing each kind of object succeeded and failed."""

_ACCEPT = {"Accept": "text/plain;version=0.0.4"}
_LARGEST_REFUSAL = 64 * 1024
"""Bytes of an error's body that are read."""


@dataclass(frozen=True)
class Refused:
    """Kube-state-metrics did not answer correctly: the reason, and how many seconds that took."""

    detail: str
    seconds: float


Answer = Reading[T] | Refused


@dataclass(frozen=True)
class Metrics:
    """What kube-state-metrics reports about the cluster and about itself."""

    scrape: Answer[ClusterMetrics]
    alive: Answer[None]
    """The answer of /healthz."""
    blind: Answer[tuple[str, ...]]
    """The kinds of objects that it has never been able to list, from its telemetry port."""


async def collect(reader: Reader) -> Metrics | None:
    """Return the answers of kube-state-metrics; None if the stack does not declare it."""
    declared = reader.declaration.kube_state_metrics
    if declared is None:
        return None
    server = Server(reader.connection, declared.namespace)
    scrape = await _patient(reader.connection, partial(server.ask, names.HTTP_METRICS_PORT, "/metrics", _cluster))
    if not isinstance(scrape, Read):
        # The other requests would fail for the same reason, each after its own timeout.
        return Metrics(scrape, scrape, scrape)
    alive = await server.ask(names.HTTP_METRICS_PORT, "/healthz", _nothing)
    blind = await server.ask(names.TELEMETRY_PORT, "/metrics", _blind)
    return Metrics(scrape, alive, blind)


METRICS = Collector(collect)


async def _patient(
    connection: Connection, ask: Callable[[], Awaitable[Answer[ClusterMetrics]]]
) -> Answer[ClusterMetrics]:
    """Repeat the request until the verifier's network is ready and a new kube-state-metrics has listed all kinds."""

    def settled(answer: Answer[ClusterMetrics]) -> bool:
        if isinstance(answer, Read):
            return not answer.value.missing
        return isinstance(answer, ReadFailure) or not connection.inside

    return await patiently(ask, settled)


class Server:
    """The kube-state-metrics of a namespace."""

    def __init__(self, connection: Connection, namespace: str, largest: int = LARGEST_BYTES) -> None:
        self._connection, self._namespace, self._largest = connection, namespace, largest

    async def ask(self, port: int, path: str, take: "Callable[[_Pieces], Awaitable[T]]") -> Answer[T]:
        """Return what `take` reads from an answer; failures are returned as data."""
        what = f"scrape {self._namespace}/{names.KUBE_STATE_METRICS}, port {port}, {path}"
        route, place = behind(self._connection, names.KUBE_STATE_METRICS, self._namespace, port, path)
        start = perf_counter()
        try:
            with anyio.fail_after(REQUEST_SECONDS):
                async with route.client() as client, client.stream("GET", place, headers=_ACCEPT) as response:
                    if response.status_code == HTTPStatus.OK:
                        return Read(await take(self._pieces(response)), perf_counter() - start)
                    return await self._refusal(response, what, start)
        except (TimeoutError, httpx2.TimeoutException):
            reason, message = Reason.TIMEOUT, "no complete answer in time"
        except httpx2.TransportError as error:
            if self._connection.inside:
                return Refused(str(error) or "the connection was closed", perf_counter() - start)
            reason, message = Reason.UNREACHABLE, unreachable(error)
        except _TooLargeError:
            reason, message = Reason.UNDECODABLE, f"the answer is larger than {self._largest:,} bytes: it was not read"
        except ValueError as error:
            return Refused(str(error), perf_counter() - start)
        return ReadFailure(what, reason, message, seconds=perf_counter() - start)

    async def _refusal(self, response: httpx2.Response, what: str, start: float) -> ReadFailure | Refused:
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _LARGEST_REFUSAL:
                break
        status, kubernetes = response.status_code, status_message(body)
        seconds = perf_counter() - start
        if kubernetes is not None and status == HTTPStatus.FORBIDDEN:
            permission = Permission("get", "services/proxy", self._namespace)
            return ReadFailure(what, Reason.FORBIDDEN, forbidden(permission), permission, seconds)
        if kubernetes is not None and status == HTTPStatus.UNAUTHORIZED:
            return ReadFailure(
                what, Reason.UNAUTHORIZED, "the API server does not accept the credentials", None, seconds
            )
        return Refused(f"HTTP {status}: {kubernetes or response.reason_phrase or 'no message'}", seconds)

    async def _pieces(self, response: httpx2.Response) -> AsyncIterator[bytes]:
        kind = response.headers.get("Content-Type", "")
        if not kind.startswith("text/plain"):
            raise ValueError(f"the Content-Type of the answer is {kind or 'not set'}, not text/plain")
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > self._largest:
                raise _TooLargeError
            yield piece


_Pieces = AsyncIterator[bytes]


class _TooLargeError(Exception):
    """The answer is too large."""


async def _cluster(pieces: _Pieces) -> ClusterMetrics:
    begun, scanner, collector = now(), Scanner(READ), SampleCollector()
    async for piece in pieces:
        collector.add(scanner.feed(piece))
    collector.add(scanner.end())
    return collector.metrics(begun)


async def _nothing(pieces: _Pieces) -> None:
    async for _ in pieces:
        pass


async def _blind(pieces: _Pieces) -> tuple[str, ...]:
    scanner = Scanner([LISTS])
    lines = [line async for piece in pieces for line in scanner.feed(piece)]
    listed: dict[str, set[str]] = {}
    for found in map(sample, [*lines, *scanner.end()]):
        if found.value:
            listed.setdefault(found.labels.get("resource", ""), set()).add(found.labels.get("result", ""))
    return tuple(sorted(kind for kind, results in listed.items() if "success" not in results))
