"""The HTTP application: MCP at /mcp, metrics, and the endpoints for the probes of Kubernetes."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import mcp_types as types
from anyio.abc import TaskGroup
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.admission import Admission
from bridge.forwarding import Forwarding
from bridge.metrics import Metrics
from bridge.notifications import Notifications
from bridge.server_process import Limits, Listeners, ServerProcess
from bridge.tool_lists import ToolLists

DRAIN_SECONDS = 10.0
"""How many seconds running requests have to end after SIGTERM."""


@dataclass(frozen=True)
class _Managers:
    """The SDK's two ways to answer, of which the client chooses one by its header Accept."""

    streams: StreamableHTTPSessionManager
    json: StreamableHTTPSessionManager


class HttpApp:
    """The ASGI application for one stdio server; runs the server's process as long as it is served."""

    def __init__(self, command: Sequence[str], limits: Limits, admission: Admission, tools: ToolLists) -> None:
        self._admission = admission
        self._metrics = Metrics()
        self._notifications = Notifications()
        self._process = ServerProcess(command, limits, Listeners(self._initialised, self._notifications.receive))
        self._forwarding = Forwarding(self._process, self._notifications, tools, self._metrics)
        self._managers: _Managers | None = None
        self._running = 0
        self._drained: anyio.Event | None = None

    def application(self) -> Starlette:
        """Return the application with the routes /mcp, /metrics, and /health, /ready and /startup for the kubelet."""
        process = self._process
        return Starlette(
            lifespan=self._lifespan,
            routes=[
                Route("/mcp", endpoint=_Endpoint(self._serve_mcp)),
                Route("/metrics", self._metrics.expose, methods=["GET"]),
                _probe("/health", lambda: process.healthy),
                _probe("/ready", lambda: process.ready and self._drained is None),
                _probe("/startup", lambda: process.initialised),
            ],
        )

    async def drain(self) -> None:
        """Refuse new requests, end the streams of clients that listen, and wait for running requests."""
        self._drained = anyio.Event()
        self._notifications.close()
        if self._running:
            with anyio.move_on_after(DRAIN_SECONDS):
                await self._drained.wait()

    def _initialised(self, page: types.ListToolsResult) -> None:
        self._metrics.starts.inc()
        self._forwarding.tools.note(page)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(self._open, group)
            yield
            group.cancel_scope.cancel()

    async def _open(self, group: TaskGroup) -> None:
        """Start the process, and open /mcp as soon as it has initialised."""
        server = self._forwarding.server(await group.start(self._process.run))
        limit = self._admission.max_bytes
        # Without sessions, because any pod of the Service may get the next request of a client.
        streams, json = (
            StreamableHTTPSessionManager(server, json_response=answer, stateless=True, max_request_body_size=limit)
            for answer in (False, True)
        )
        async with streams.run(), json.run():
            self._managers = _Managers(streams, json)
            await anyio.sleep_forever()

    async def _serve_mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if refused := self._admission.refusal(request):
            await refused(scope, receive, send)
        elif self._drained is not None:
            await _unavailable("the bridge is stopping: try again, for another pod")(scope, receive, send)
        elif self._managers is None:
            await _unavailable("the MCP server is still starting: try again in a moment")(scope, receive, send)
        elif request.method == "GET" and _listens(request):
            await self._notifications.stream(request)(scope, receive, send)
        else:
            self._running += 1
            try:
                await _manager(self._managers, request).handle_request(scope, receive, send)
            finally:
                self._running -= 1
                if self._drained is not None and not self._running:
                    self._drained.set()


class _Endpoint:
    """Wraps an ASGI method, which Starlette would otherwise call as a request-response function."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _manager(managers: _Managers, request: Request) -> StreamableHTTPSessionManager:
    # Progress and log messages need a stream. Clients should accept both, but some scripts accept JSON alone.
    return managers.json if request.headers.get("accept", "") == "application/json" else managers.streams


def _listens(request: Request) -> bool:
    modern = request.headers.get("mcp-protocol-version") in MODERN_PROTOCOL_VERSIONS
    return not modern and "text/event-stream" in request.headers.get("accept", "")


def _unavailable(sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=503, headers={"Retry-After": "1"})


def _probe(path: str, passes: Callable[[], bool]) -> Route:
    async def answer(_: Request) -> Response:
        good = passes()
        return JSONResponse({"ok": good}, status_code=200 if good else 503)

    return Route(path, answer, methods=["GET"])
