"""The MCP server that clients of the bridge see: it forwards every request to the process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.server import Server, ServerRequestContext
from mcp.shared.dispatcher import ProgressFnT
from pydantic import BaseModel

from bridge.metrics import Metrics
from bridge.notifications import Notifications
from bridge.server_process import ServerProcess
from bridge.subscriptions import Subscriptions
from bridge.tool_lists import ToolLists

_Context = ServerRequestContext[dict[str, Any]]
_Handler = Callable[[_Context, Any], Awaitable[BaseModel]]


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
    "completions": {
        "completion/complete": _Forwarded(types.CompleteRequestParams, types.CompleteRequest, types.CompleteResult),
    },
    "logging": {
        "logging/setLevel": _Forwarded(types.SetLevelRequestParams, types.SetLevelRequest, types.EmptyResult),
    },
}
"""Capability that a server declares → the methods that belong to it."""


@dataclass(frozen=True)
class Forwarding:
    """What a request passes on its way to the process."""

    process: ServerProcess
    notifications: Notifications
    tools: ToolLists
    metrics: Metrics

    def server(self, greeting: types.InitializeResult) -> Server[dict[str, Any]]:
        """Return an MCP server with the name, version and capabilities of the process."""
        offered = greeting.capabilities
        server = _Server(greeting, self.tools)
        for capability, methods in _FORWARDED.items():
            if getattr(offered, capability) is not None:
                for method, passed in methods.items():
                    server.add_request_handler(method, passed.params, self._handler(method, passed))
        self._subscribe(server, offered.resources is not None and bool(offered.resources.subscribe))
        return server

    def _handler(self, method: str, passed: _Forwarded) -> _Handler:
        async def handle(context: _Context, params: types.RequestParams) -> BaseModel:
            # Of the metadata only the progress token concerns the process, for which the SDK makes one of its own.
            own = params.model_copy(update={"meta": None})
            with self.notifications.to(context):
                return await self.process.request(passed.request(params=own), passed.result, _progress(context))

        async def call(context: _Context, params: types.CallToolRequestParams) -> BaseModel:
            with self.metrics.call(self.tools.label(params.name)) as result:
                self.tools.require(params.name)
                return result(await handle(context, params))

        async def listed(context: _Context, params: types.PaginatedRequestParams) -> BaseModel:
            found = await handle(context, params)
            return self.tools.offered(found) if isinstance(found, types.ListToolsResult) else found

        async def level(context: _Context, params: types.SetLevelRequestParams) -> BaseModel:
            self.process.repeated[method] = types.SetLevelRequest(
                params=types.SetLevelRequestParams(level=params.level)
            )
            return await handle(context, params)

        special: dict[str, _Handler] = {"tools/call": call, "tools/list": listed, "logging/setLevel": level}
        return special.get(method, handle)

    def _subscribe(self, server: Server[dict[str, Any]], offered: bool) -> None:
        subscriptions = Subscriptions(self.process)
        listen = self.notifications.listen

        async def handle(context: _Context, params: types.SubscriptionsListenRequestParams) -> BaseModel:
            uris = params.notifications.resource_subscriptions or [] if offered else []
            async with subscriptions.during(uris):
                return await listen(context, params)

        async def subscribe(_: _Context, params: types.SubscribeRequestParams) -> BaseModel:
            return await subscriptions.add(str(params.uri))

        async def unsubscribe(_: _Context, params: types.UnsubscribeRequestParams) -> BaseModel:
            return await subscriptions.remove(str(params.uri))

        server.add_request_handler("subscriptions/listen", types.SubscriptionsListenRequestParams, handle)
        if offered:
            server.add_request_handler("resources/subscribe", types.SubscribeRequestParams, subscribe)
            server.add_request_handler("resources/unsubscribe", types.UnsubscribeRequestParams, unsubscribe)


class _Server(Server[dict[str, Any]]):
    """A server whose capabilities are those of the process."""

    def __init__(self, greeting: types.InitializeResult, tools: ToolLists) -> None:
        about = greeting.server_info
        super().__init__(
            about.name,
            version=about.version,
            title=about.title,
            description=about.description,
            instructions=greeting.instructions,
            website_url=about.website_url,
            icons=about.icons,
            # The SDK would otherwise list the tools of the process before each call.
            get_tool_input_schema=tools.input_schema,
        )
        self._offered = types.ServerCapabilities(**{name: getattr(greeting.capabilities, name) for name in _FORWARDED})

    def get_capabilities(self, *_: object, **__: object) -> types.ServerCapabilities:
        """Return those of the process that the bridge forwards."""
        return self._offered


def _progress(context: _Context) -> ProgressFnT | None:
    return context.session.report_progress if context.meta and "progress_token" in context.meta else None
