"""The HTTP application: MCP at /mcp, metrics, and the endpoints for the probes of Kubernetes."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import anyio
import mcp_types as types
from anyio.abc import TaskGroup
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.admission import Admission
from bridge.answering import Answering
from bridge.forwarding import Forwarding
from bridge.metrics import Metrics
from bridge.notifications import Notifications
from bridge.server_process import Limits, Listeners, ServerProcess
from bridge.tool_lists import ToolLists

DRAIN_SECONDS = 10.0
"""How many seconds running requests have to end after SIGTERM."""


class HttpApp:
    """The ASGI application for one stdio server; runs the server's process as long as it is served."""

    def __init__(self, command: Sequence[str], limits: Limits, admission: Admission, tools: ToolLists) -> None:
        self._admission = admission
        self._metrics = Metrics()
        self._notifications = Notifications()
        self._process = ServerProcess(command, limits, Listeners(self._initialised, self._notifications.receive))
        self._forwarding = Forwarding(self._process, self._notifications, tools, self._metrics)
        self._answering: Answering | None = None
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
        greeting = await group.start(self._process.run)
        logs = greeting.capabilities.logging is not None
        answering = Answering(self._forwarding.server(greeting), self._admission.max_bytes, logs=logs)
        async with answering.running():
            self._answering = answering
            await anyio.sleep_forever()

    async def _serve_mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if refused := self._admission.refusal(request):
            await refused(scope, receive, send)
        elif self._drained is not None:
            await _unavailable("the bridge is stopping: try again, for another pod")(scope, receive, send)
        elif self._answering is None:
            await _unavailable("the MCP server is still starting: try again in a moment")(scope, receive, send)
        elif request.method == "GET" and _listens(request):
            await self._notifications.stream(request)(scope, receive, send)
        else:
            self._running += 1
            try:
                await self._answering.serve(scope, receive, send)
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
