"""What the agent serves: its metrics, its health, the event log and the registry."""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import msgspec
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from checks.errors import UsageError
from checks.event_log import files, reader
from checks.registry.registry import Registry
from checks.times import duration

DRAIN_SECONDS = 2
JSON_LINES = "application/jsonl"


class HttpApp:
    """`metrics` returns the text of the metrics; `unready` and `unhealthy` return why, empty if all is well."""

    def __init__(
        self,
        folder: Path,
        metrics: Callable[[], bytes],
        unready: Callable[[], str],
        unhealthy: Callable[[], str],
        registry: Callable[[], Registry],
    ) -> None:
        self._folder, self._metrics, self._registry = folder, metrics, registry
        self._unready, self._unhealthy = unready, unhealthy

    def application(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/metrics", self._get_metrics),
                Route("/healthz", self._get_health),
                Route("/readyz", self._get_readiness),
                Route("/events", self._get_events),
                Route("/registry", self._get_registry),
            ]
        )

    async def serve(self, listener: socket.socket) -> None:
        """Serve until cancelled."""
        config = uvicorn.Config(
            self.application(),
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        server = _Server(config)
        try:
            await server.serve(sockets=[listener])
        finally:
            server.should_exit = server.force_exit = True

    async def _get_metrics(self, _: Request) -> Response:
        return Response(self._metrics(), media_type=CONTENT_TYPE_LATEST)

    async def _get_health(self, _: Request) -> Response:
        return _state(self._unhealthy())

    async def _get_readiness(self, _: Request) -> Response:
        return _state(self._unready())

    async def _get_registry(self, _: Request) -> Response:
        return Response(msgspec.json.encode(self._registry()), media_type="application/json")

    async def _get_events(self, request: Request) -> Response:
        """Return the lines of the log since a duration ago, such as `?since=1h`; with `&follow=true` also new ones."""
        try:
            ago = duration("since", request.query_params.get("since", "1h"))
        except UsageError as error:
            return PlainTextResponse(f"{error}\n", 400)
        following = request.query_params.get("follow") == "true"
        return StreamingResponse(self._lines(ago, following=following), media_type=JSON_LINES)

    async def _lines(self, ago: timedelta, *, following: bool) -> AsyncIterator[bytes]:
        begin = datetime.now(UTC) - ago
        if following:
            async for entry in reader.follow(self._folder, begin):
                yield msgspec.json.encode(entry) + b"\n"
            return
        for number, past in enumerate(files.since(self._folder, begin)):
            if past:
                yield msgspec.json.encode(past) + b"\n"
            if number % 1000 == 0:
                # Others are served meanwhile.
                await anyio.lowlevel.checkpoint()


class _Server(uvicorn.Server):
    """A uvicorn server without its signal handling: the agent ends itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _state(problem: str) -> Response:
    return PlainTextResponse(f"{problem or 'ok'}\n", 503 if problem else 200)


def listen(address: str) -> socket.socket:
    """Listen at HOST:PORT, or [HOST]:PORT; port 0 chooses a free one.

    Raises:
        UsageError: the address is not one, or cannot be used.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"--listen: {address!r} is not an address: write HOST:PORT, such as 127.0.0.1:9440")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise UsageError(
            f"--listen: cannot listen at {address}: {error.strerror}: choose another address, or end what uses it"
        ) from error
    return listener
