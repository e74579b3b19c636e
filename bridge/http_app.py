"""The HTTP application: MCP at /mcp, and the endpoints for the probes of Kubernetes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import mcp_types as types
from anyio.abc import TaskGroup
from mcp.server import Server, ServerRequestContext
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.server_process import ServerProcess


@dataclass(frozen=True)
class _Forwarded:
    """A method that is forwarded to the process, with the types of its parameters, request and result."""

    params: type[types.RequestParams]
    request: Callable[..., types.ClientRequest]
    result: type[BaseModel]


_PAGE = types.PaginatedRequestParams
_FORWARDED: dict[str, dict[str, _Forwarded]] = {
    "tools": {
        "tools/list": _Forwarded(_PAGE, types.ListToolsRequest, types.ListToolsResult),
        "tools/call": _Forwarded(types.CallToolRequestParams, types.CallToolRequest, types.CallToolResult),
    },
    "prompts": {
        "prompts/list": _Forwarded(_PAGE, types.ListPromptsRequest, types.ListPromptsResult),
        "prompts/get": _Forwarded(types.GetPromptRequestParams, types.GetPromptRequest, types.GetPromptResult),
    },
    "resources": {
        "resources/list": _Forwarded(_PAGE, types.ListResourcesRequest, types.ListResourcesResult),
        "resources/templates/list": _Forwarded(
            _PAGE, types.ListResourceTemplatesRequest, types.ListResourceTemplatesResult
        ),
        "resources/read": _Forwarded(
            types.ReadResourceRequestParams, types.ReadResourceRequest, types.ReadResourceResult
        ),
    },
}
"""Capability that a server declares → the methods that belong to it."""


def mcp_server(process: ServerProcess, greeting: types.InitializeResult) -> Server[dict[str, Any]]:
    """Return an MCP server with the name, version and capabilities of the process, which gets every request."""
    about = greeting.server_info
    server: Server[dict[str, Any]] = Server(
        about.name,
        version=about.version,
        title=about.title,
        description=about.description,
        instructions=greeting.instructions,
        website_url=about.website_url,
        icons=about.icons,
    )
    for capability, methods in _FORWARDED.items():
        if getattr(greeting.capabilities, capability) is not None:
            for method, passed in methods.items():
                server.add_request_handler(method, passed.params, _forwarder(process, passed))
    return server


def _forwarder(process: ServerProcess, passed: _Forwarded) -> Callable[..., Any]:
    async def handle(_: ServerRequestContext[dict[str, Any]], params: types.RequestParams) -> BaseModel:
        # The metadata (protocol version, client, progress token) applies only to the HTTP connection.
        own = params.model_copy(update={"meta": None})
        return await process.request(passed.request(params=own), passed.result)

    return handle


class HttpApp:
    """The ASGI application for one stdio server; runs the server's process as long as it is served."""

    def __init__(self, process: ServerProcess, host: str) -> None:
        self._process = process
        self._host = host
        self._mcp: ASGIApp | None = None

    def application(self) -> Starlette:
        """Return the application with the routes /mcp, and /health, /ready and /startup for the kubelet."""
        process = self._process
        return Starlette(
            lifespan=self._lifespan,
            routes=[
                Route("/mcp", endpoint=_Endpoint(self._serve_mcp)),
                _probe("/health", lambda: process.healthy),
                _probe("/ready", lambda: process.ready),
                _probe("/startup", lambda: process.initialised),
            ],
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(self._open, group)
            yield
            await self._process.drain()
            group.cancel_scope.cancel()

    async def _open(self, group: TaskGroup) -> None:
        """Start the process, and open /mcp as soon as it has initialised."""
        server = mcp_server(self._process, await group.start(self._process.run))
        # Given the host, the SDK checks the Host header only if it is a loopback address. Pods are reached by Service
        # names and by addresses that are not known in advance.
        app = server.streamable_http_app(json_response=True, stateless_http=True, host=self._host)
        async with server.session_manager.run():
            self._mcp = app
            await anyio.sleep_forever()

    async def _serve_mcp(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._mcp or JSONResponse({"error": "the MCP server is still starting"}, status_code=503)
        await app(scope, receive, send)


class _Endpoint:
    """Wraps an ASGI method, which Starlette would otherwise call as a request-response function."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _probe(path: str, passes: Callable[[], bool]) -> Route:
    async def answer(_: Request) -> Response:
        good = passes()
        return JSONResponse({"ok": good}, status_code=200 if good else 503)

    return Route(path, answer, methods=["GET"])
